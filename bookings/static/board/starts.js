// Choosing a start: a day, the free starts of that day, or any other time, and why if the provider is closed then.

import { ask } from "./api.js";
import { fillOptions, part } from "./dom.js";
import { clock, dayOf, timeOf, wallOf } from "./wall.js";

const ANOTHER = "another";

export class Starts {
  constructor(form) {
    this.form = form;
    this.fields = form.elements;
    this.fields.start.onchange = () => this.showTime();
    this.fields.day.onchange = () => this.change();
    this.asked = 0;
  }

  // `wanted` says for whom starts are sought: provider, service, minutes, besides (the booking that is to be moved).
  // `wall` is the start that is chosen already, by the clock at the provider, or a day and nothing else.
  open(wanted, wall) {
    Object.assign(this, { wanted, wall });
    this.fields.day.value = dayOf(wall);
    this.fields.why.value = "";
    part(this.form, "why").hidden = true;
    return this.load();
  }

  // Look again, for another length or day; the time that is chosen stays so where it can.
  change(wanted = {}) {
    if (this.fields.start.value) this.wall = `${this.day}T${this.chosenTime()}`;
    Object.assign(this.wanted, wanted);
    return this.load();
  }

  async load() {
    const { provider, service, minutes, besides } = this.wanted;
    const day = this.fields.day.value;
    if (!day) return;
    const query = new URLSearchParams({ from: day, to: day, for: "me" });
    for (const [name, value] of Object.entries({ service, duration: minutes, besides: besides?.id })) {
      if (value) query.set(name, value);
    }
    const number = ++this.asked;
    let slots = [];
    try {
      slots = (await ask(`/providers/${provider.id}/slots?${query}`)).data.slots;
    } catch (refusal) {
      part(this.form, "refusal").textContent = refusal.message;
    }
    const starts = slots.map((slot) => slot.starts_at);
    const present = besides?.scheduled_at;
    if (present && dayOf(wallOf(present, provider.time_zone)) === day) starts.push(present);
    if (number === this.asked) this.offer([...new Set(starts)].sort(), day);
  }

  offer(starts, day) {
    const zone = this.wanted.provider.time_zone;
    const plain = starts.map((start) => clock(start, zone));
    const options = starts.map((start, index) => {
      const twice = plain.indexOf(plain[index]) !== plain.lastIndexOf(plain[index]);
      return { value: start, text: twice ? clock(start, zone, { name: true }) : plain[index] };
    });
    fillOptions(this.fields.start, [...options, { value: ANOTHER, text: "Another time…" }]);
    const time = timeOf(this.wall);
    const chosen = plain.indexOf(time);
    if (chosen >= 0) this.fields.start.value = starts[chosen];
    else if (time && dayOf(this.wall) === day) this.fields.start.value = ANOTHER;
    this.fields.time.value = time;
    this.day = day;
    this.showTime();
  }

  showTime() {
    part(this.form, "time").hidden = this.fields.start.value !== ANOTHER;
  }

  askWhy() {
    part(this.form, "why").hidden = false;
    this.fields.why.focus();
  }

  chosenTime() {
    const { start, time } = this.fields;
    return start.value === ANOTHER ? time.value : clock(start.value, this.wanted.provider.time_zone);
  }

  // The members of a request: an instant that was offered, or a time by the clock at the provider.
  value() {
    const { day, start, time, why } = this.fields;
    const chosen = { scheduled_at: start.value === ANOTHER ? `${day.value}T${time.value}` : start.value };
    const reason = why.value.trim();
    return reason ? { ...chosen, override: true, override_reason: reason } : chosen;
  }
}
