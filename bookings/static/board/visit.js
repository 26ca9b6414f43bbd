// The dialog of one booking: what it is, what can be done with it, and moving it to another time.

import { CHANGED, ask } from "./api.js";
import { byId, closable, element, part } from "./dom.js";
import { Starts } from "./starts.js";
import { clock, dayInWords, dayOf, wallOf } from "./wall.js";

const board = byId("board");
const CANCELLED = "cancelled";

export class Visit {
  constructor({ onChanged }) {
    this.dialog = byId("board-visit");
    this.form = this.dialog.querySelector("form");
    this.starts = new Starts(this.form);
    this.onChanged = onChanged;
    closable(this.dialog);
    this.form.onsubmit = (event) => (event.preventDefault(), this.move());
    this.form.elements.minutes.onchange = () => this.starts.change({ minutes: this.form.elements.minutes.value });
    part(this.form, "cancel").onclick = () => this.run("/cancel", "POST", { reason: this.form.elements.reason.value });
  }

  // `wall` and `minutes` fill in another time, `closed` asks why at once: when a drag was refused.
  async open({ id, provider, statuses, wall, minutes, closed = false }) {
    const { data, etag } = await ask(`/bookings/${id}`);
    Object.assign(this, { booking: data, etag, provider, statuses, status: statuses[data.status] });
    this.refuse("");
    this.showFacts();
    this.offerMoves(statuses[data.status]);
    const present = wallOf(data.scheduled_at, provider.time_zone);
    this.form.elements.minutes.value = minutes ?? data.duration_minutes;
    part(this.form, "moving").hidden = !this.status.open;
    if (this.status.open) await this.starts.open(this.wanted(), wall ?? present);
    if (!this.dialog.open) this.dialog.showModal();
    if (closed) this.starts.askWhy();
    else part(this.form, "moves").querySelector("button")?.focus();
  }

  wanted() {
    const { booking, provider } = this;
    return { provider, service: booking.service_id, minutes: this.form.elements.minutes.value, besides: booking };
  }

  showFacts() {
    const { booking, provider, status } = this;
    const zone = provider.time_zone;
    const day = dayInWords(dayOf(wallOf(booking.scheduled_at, zone)));
    const facts = {
      Status: status.label,
      When: `${day}, ${clock(booking.scheduled_at, zone)}–${clock(booking.ends_at, zone)} (${zone})`,
      Provider: booking.provider_name,
      Service: booking.service_type,
      Phone: booking.client_phone,
      "E-mail": booking.client_email,
      Notes: booking.notes,
      "Outside hours because": booking.override_reason,
      "Cancelled because": booking.cancel_reason,
    };
    byId("board-visit-who").textContent = booking.client_name || "Erased contact";
    const rows = Object.entries(facts).filter(([, text]) => text);
    part(this.form, "facts").replaceChildren(
      ...rows.flatMap(([name, text]) => [element("dt", { textContent: name }), element("dd", { textContent: text })]),
    );
    part(this.form, "page").href = board.dataset.booking.replace("/0/", `/${booking.id}/`);
    part(this.form, "contact").href = board.dataset.contact.replace("/0/", `/${booking.contact_id}/`);
  }

  offerMoves({ moves }) {
    const cancelling = part(this.form, "cancelling");
    cancelling.hidden = true;
    this.form.elements.reason.value = "";
    const buttons = moves.map(({ to, label }) => {
      const button = element("button", { type: "button", className: "board-button", textContent: label });
      button.onclick = () => (to === CANCELLED ? this.askReason() : this.run("", "PATCH", { status: to }));
      return button;
    });
    part(this.form, "moves").replaceChildren(...buttons);
  }

  askReason() {
    part(this.form, "cancelling").hidden = false;
    this.form.elements.reason.focus();
  }

  move() {
    const minutes = Number(this.form.elements.minutes.value);
    const body = this.starts.value();
    if (minutes && minutes !== this.booking.duration_minutes) body.duration_minutes = minutes;
    return this.run("", "PATCH", body);
  }

  async run(path, method, body) {
    const headers = method === "PATCH" ? { "If-Match": this.etag } : {};
    try {
      const { data } = await ask(`/bookings/${this.booking.id}${path}`, { method, body, headers });
      this.dialog.close();
      this.onChanged(data, body.status || path ? this.statuses[data.status].label.toLowerCase() : "moved");
    } catch (refusal) {
      if (refusal.status === CHANGED) return this.showAnew();
      this.refuse(refusal.message);
      if (refusal.code === "outside_hours") this.starts.askWhy();
    }
  }

  async showAnew() {
    const { booking, provider, statuses } = this;
    await this.open({ id: booking.id, provider, statuses }).catch(() => {});
    this.refuse("Somebody else has just changed it. This is how it is now.");
    return undefined;
  }

  refuse(text) {
    part(this.form, "refusal").textContent = text;
  }
}
