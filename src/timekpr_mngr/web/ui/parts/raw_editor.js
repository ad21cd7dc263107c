// A text with numbered lines; what is to be said of a line stands behind it, and is listed below by the page.
export default {
  template: `
    <div class="rawed" :class="{ fixed: readonly }">
      <div class="gutter" aria-hidden="true"><b v-for="n in lines.length" :key="n" :class="tone(n)">{{ n }}</b></div>
      <div class="sheet">
        <i v-for="note in notes" :key="note.line + note.message" :class="note.tone" :style="{ top: (note.line - 1) * 22 + 'px' }"></i>
        <textarea ref="area" v-model="local" :rows="lines.length" :readonly="readonly" :aria-label="label" :aria-invalid="broken ? 'true' : 'false'"
          :style="{ width: 'max(100%, ' + (longest + 3) + 'ch)' }"
          wrap="off" spellcheck="false" autocapitalize="off" autocomplete="off" autocorrect="off" @input="typed" @blur="flush" @keyup="look" @click="look" @focus="look"></textarea>
        <span v-for="note in notes" :key="'w' + note.line + note.message" class="said" :class="note.tone" aria-hidden="true"
          :style="{ top: (note.line - 1) * 22 + 'px', left: (width(note.line) + 3) + 'ch' }"><small>{{ note.message }}</small></span>
      </div>
      <div v-if="told" class="told" :class="told.tone" aria-hidden="true"><b>{{ told.where }}</b> {{ told.message }}</div>
    </div>`,
  props: { text: String, notes: Array, label: String, readonly: Boolean },
  data() {
    return { local: this.text || "", here: 0 };
  },
  unmounted() {
    clearTimeout(this.timer);
  },
  computed: {
    lines() { return this.local.split("\n"); },
    longest() { return this.lines.reduce((most, line) => Math.max(most, line.length), 0); },
    told() {
      const notes = this.notes || [];
      return notes.find((note) => note.line === this.here) || notes.find((note) => note.tone === "over");
    },
    broken() { return (this.notes || []).some((note) => note.tone === "over"); },
  },
  methods: {
    width(line) { return (this.lines[line - 1] || "").length; },
    tone(line) {
      const here = (this.notes || []).filter((note) => note.line === line);
      return here.length ? (here.some((note) => note.tone === "over") ? "over" : here[0].tone) : "";
    },
    look() {
      const area = this.$refs.area;
      if (area) this.here = area.value.slice(0, area.selectionStart).split("\n").length;
    },
    typed() {
      this.look();
      clearTimeout(this.timer);
      this.timer = setTimeout(this.send, 250);
    },
    flush() {
      if (this.timer) this.send();
    },
    send() {
      clearTimeout(this.timer);
      this.timer = null;
      this.$emit("typed", this.local);
    },
    put(text) {
      if (text === this.local) return;
      clearTimeout(this.timer);
      this.timer = null;
      const area = this.$refs.area, at = area ? area.selectionStart : 0, here = document.activeElement === area;
      this.local = text;
      if (here) this.$nextTick(() => area.setSelectionRange(at, at));
    },
    go(line) {
      const area = this.$refs.area;
      const start = this.lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
      area.focus({ preventScroll: true });
      area.setSelectionRange(start, start + this.width(line));
      this.$el.scrollTo({ top: Math.max(0, (line - 4) * 22), left: 0 });
      this.$el.scrollIntoView({ block: "nearest" });
      this.look();
    },
  },
};
