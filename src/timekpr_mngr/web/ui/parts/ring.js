// Today's time as a ring. Between two messages of the service it counts on by itself.
export default {
  template: `
    <svg class="dial" :class="tone" viewBox="0 0 104 104" role="img" :aria-label="label">
      <circle class="track" cx="52" cy="52" r="44"/>
      <circle v-if="share > 0" class="left" cx="52" cy="52" r="44" :stroke-dasharray="share * 276.5 + ' 276.5'"/>
      <text x="52" y="54" :font-size="number.length > 5 ? 16 : number.length > 4 ? 18 : 21">{{ number }}</text>
      <text class="unit" x="52" y="71" :font-size="Math.min(11.5, Math.max(7.5, 113 / unit.length))">{{ unit }}</text>
    </svg>`,
  props: { left: Number, total: Number, running: Boolean, tone: String, label: String, words: Object, fixed: String, stamp: Number },
  data() {
    return { since: Date.now(), now: Date.now() };
  },
  mounted() {
    this.timer = setInterval(() => { if (this.running) this.now = Date.now(); }, 1000);
  },
  unmounted() {
    clearInterval(this.timer);
  },
  watch: {
    stamp() { this.since = this.now = Date.now(); },
  },
  computed: {
    seconds() {
      if (this.left === null || this.left === undefined) return null;
      return Math.max(0, Math.round(this.left - (this.running ? (this.now - this.since) / 1000 : 0)));
    },
    share() {
      return this.seconds === null || !this.total ? 0 : Math.min(1, this.seconds / this.total);
    },
    number() {
      if (this.seconds === null) return "–";
      if (this.fixed) return this.fixed;
      const h = Math.floor(this.seconds / 3600), m = Math.floor((this.seconds % 3600) / 60), s = this.seconds % 60;
      const two = (n) => String(n).padStart(2, "0");
      if (h) return h + ":" + two(m);
      return this.running && m < 10 && this.seconds ? m + ":" + two(s) : String(m);
    },
    unit() {
      if (this.seconds === null) return this.words.unknown;
      if (this.words.fixed) return this.words.fixed;
      return this.seconds >= 3600 ? this.words.hours : this.words.minutes;
    },
  },
};
