// The week to be painted. A stroke shows at once; the service hears of it when it ends, and says how the days are then.
const KINDS = ["allowed", "free", "closed"];
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const WHOLE = { allowed: ["allowed", 0, 60], free: ["free", 0, 60], closed: ["closed", 0, 0] };
const LAST_DAY = 6, LAST_HOUR = 23, HEADER = -1;

export default {
  template: `
    <div class="weekgrid">
      <div v-if="enabled" class="brushes" role="group" :aria-label="words.brushes">
        <button v-for="kind in kinds" type="button" :aria-pressed="brush === kind" @click="choose(kind)">
          <i :class="kind"></i>{{ words[kind] }}
        </button>
      </div>
      <p v-if="enabled" class="small muted">{{ brush ? words.paints : words.taps }}</p>
      <div class="cells" :class="{ brushing: brush }" ref="cells" role="grid" :aria-label="words.grid"
        :aria-readonly="!enabled" aria-multiselectable="true" @keydown="key" @pointerdown="down" @pointermove="move"
        @pointerup="up" @pointercancel="stroke = null" @lostpointercapture="stroke = null" @click="tap">
        <div role="row" class="oclock" aria-hidden="true">
          <span v-for="hour in 24" :style="{ '--hour': hour }">{{ two(hour - 1) }}<small>:00</small></span>
        </div>
        <div v-for="(cells, day) in shown" :key="day" role="row" class="dayrow">
          <div role="rowheader" :style="{ '--day': day + 1 }">
            <button type="button" :data-day="day" data-hour="-1" :tabindex="here(day, -1) ? 0 : -1"
              :aria-label="labels[day]" :aria-pressed="chosen === day" :class="marks[day]" @click="$emit('day', day)">
              {{ names[day] }}
            </button>
          </div>
          <div v-for="(cell, hour) in cells" :key="hour" role="gridcell" class="cell"
            :class="{ selected: selected(day, hour) }" :style="{ '--day': day + 1, '--hour': hour + 1 }"
            :data-day="day" :data-hour="hour" :tabindex="here(day, hour) ? 0 : -1"
            :aria-label="label(day, hour, cell)" :aria-selected="selected(day, hour)" @focus="arrive(day, hour)">
            <i :class="cell[0]" :style="{ '--from': cell[1] / 60, '--to': cell[2] / 60 }"></i>
          </div>
        </div>
      </div>
    </div>`,
  props: {
    days: Array, labels: Array, names: Array, longNames: Array, marks: Array, words: Object, chosen: Number,
    enabled: Boolean, seen: Number,
  },
  emits: ["paint", "day"],
  data() {
    return {
      kinds: KINDS, brush: "", focus: [this.chosen, this.firstOpen(this.chosen)], anchor: null, stroke: null,
      sent: [], count: this.seen, painted: false,
    };
  },
  watch: {
    seen(n) { this.sent = this.sent.filter((stroke) => stroke.n > n); },
  },
  computed: {
    shown() {
      const days = this.days.map((cells) => cells.slice());
      for (const stroke of this.stroke ? [...this.sent, this.stroke] : this.sent) {
        for (const [day, hour] of this.area(stroke.from, stroke.to)) days[day][hour] = WHOLE[stroke.brush];
      }
      return days;
    },
  },
  methods: {
    two(number) { return String(number).padStart(2, "0"); },
    clock(hour, minute) { return this.two(hour + Math.floor(minute / 60)) + ":" + this.two(minute % 60); },
    firstOpen(day) { return Math.max(this.days[day].findIndex((cell) => cell[0] !== "closed"), 0); },
    here(day, hour) { return this.focus[0] === day && this.focus[1] === hour; },
    area(from, to) {
      const cells = [];
      for (let day = Math.min(from[0], to[0]); day <= Math.max(from[0], to[0]); day++)
        for (let hour = Math.min(from[1], to[1]); hour <= Math.max(from[1], to[1]); hour++) cells.push([day, hour]);
      return cells;
    },
    selected(day, hour) {
      const [from, to] = this.stroke ? [this.stroke.from, this.stroke.to] : [this.anchor || this.focus, this.focus];
      if (!this.stroke && (!this.anchor || to[1] === HEADER)) return false;
      const within = (value, one, other) => Math.min(one, other) <= value && value <= Math.max(one, other);
      return within(day, from[0], to[0]) && within(hour, from[1], to[1]);
    },
    label(day, hour, [kind, from, to]) {
      const part = kind === "closed" || to - from === 60 ? "" : this.words.part
        .replace("{start}", this.clock(hour, from)).replace("{end}", this.clock(hour, to));
      return this.words.cell.replace("{day}", this.longNames[day]).replace("{time}", this.clock(hour, 0))
        .replace("{kind}", this.words[kind]) + part;
    },
    // while the connection is lost nothing can be pressed, and nothing painted
    mayPaint() { return this.enabled && !document.body.classList.contains("lost"); },
    choose(kind) { this.brush = this.brush === kind ? "" : kind; },
    // without a brush each press goes on to the next: an hour that is open in part is opened whole first
    next([day, hour]) {
      const [kind, from, to] = this.shown[day][hour];
      if (kind === "closed" || (kind === "allowed" && to - from < 60)) return "allowed";
      return kind === "allowed" ? "free" : "closed";
    },
    at(target) {
      const cell = target instanceof Element && this.$refs.cells.contains(target) ? target.closest(".cell") : null;
      return cell ? [Number(cell.dataset.day), Number(cell.dataset.hour)] : null;
    },
    down(event) {
      const cell = this.at(event.target);
      this.painted = false;
      if (this.stroke) { this.stroke = null; this.painted = true; return; }  // a second finger: it was no stroke
      if (!cell || !this.mayPaint() || event.button !== 0) return;
      if (event.pointerType === "touch" && !this.brush) return;  // the finger scrolls; a tap comes as a click
      event.preventDefault();
      this.$refs.cells.setPointerCapture(event.pointerId);
      this.anchor = null;
      this.stroke = { brush: this.brush || this.next(cell), from: cell, to: cell };
    },
    move(event) {
      if (!this.stroke) return;
      const cell = this.at(document.elementFromPoint(event.clientX, event.clientY));
      if (cell) this.stroke.to = cell;
    },
    up() {
      if (!this.stroke) return;
      this.painted = true;
      this.go(this.stroke.to);
      if (this.mayPaint()) this.send(this.stroke);
      this.stroke = null;
    },
    tap(event) {
      const cell = this.at(event.target);
      if (!cell || !this.mayPaint() || this.painted) { this.painted = false; return; }
      this.focus = cell;
      this.send({ brush: this.brush || this.next(cell), from: cell, to: cell });
    },
    send(stroke) {
      this.sent.push({ ...stroke, n: ++this.count });
      this.$emit("paint", { n: this.count, brush: stroke.brush, cells: this.area(stroke.from, stroke.to) });
    },
    arrive(day, hour) { if (!this.here(day, hour)) this.focus = [day, hour]; },
    go(cell) {
      this.focus = cell;
      const [day, hour] = cell;
      this.$nextTick(() => this.$refs.cells.querySelector(`[data-day="${day}"][data-hour="${hour}"]`)?.focus());
    },
    key(event) {
      const [day, hour] = this.focus;
      if ((event.key === " " || event.key === "Enter") && hour !== HEADER) {
        event.preventDefault();
        if (!this.mayPaint()) return;
        this.send({ brush: this.brush || this.next(this.focus), from: this.anchor || this.focus, to: this.focus });
      } else if (event.key === "Escape") {
        this.anchor = this.stroke = null;
      } else if (event.key === "Home" || event.key === "End") {
        event.preventDefault();
        const last = event.key === "End";
        this.reach(event, [event.ctrlKey ? (last ? LAST_DAY : 0) : day, last ? LAST_HOUR : 0]);
      } else if (event.key in STEPS && !event.altKey && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        const isTurned = getComputedStyle(this.$refs.cells).getPropertyValue("--turned").trim() === "1";
        const [down, along] = isTurned ? [...STEPS[event.key]].reverse() : STEPS[event.key];
        const first = event.shiftKey ? 0 : HEADER;
        this.reach(event, [
          Math.min(Math.max(day + down, 0), LAST_DAY), Math.min(Math.max(hour + along, first), LAST_HOUR),
        ]);
      }
    },
    reach(event, cell) {
      this.anchor = event.shiftKey && this.focus[1] !== HEADER ? this.anchor || this.focus : null;
      this.go(cell);
    },
  },
};
