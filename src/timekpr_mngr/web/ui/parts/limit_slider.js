// A slider over stops. While it is moved it follows the finger alone; the service hears of every stop, and then says
// where it stands.
export default {
  template: `
    <input type="range" class="slider" min="0" :max="stops.length - 1" step="1" :value="index" :disabled="!enabled"
      :style="{ '--share': stops.length > 1 ? index / (stops.length - 1) : 0 }" :aria-label="label"
      :aria-valuetext="texts[index]" @input="move">`,
  props: { stops: Array, texts: Array, at: Number, label: String, enabled: Boolean, seen: Number },
  emits: ["pick"],
  data() {
    return { own: null, count: this.seen };
  },
  watch: {
    seen(n) { if (n >= this.count) this.own = null; },
  },
  computed: {
    index() { return this.own === null ? this.at : this.own; },
  },
  methods: {
    move(event) {
      if (document.body.classList.contains("lost")) {  // nobody would hear of it
        event.target.value = this.index;
        return;
      }
      this.own = Number(event.target.value);
      this.$emit("pick", [++this.count, this.own]);
    },
  },
};
