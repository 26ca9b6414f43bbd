// The dialog of one booking: what it is, what can be done with it, and moving it to another time.

import { CHANGED, ask } from "./api.js";
import { byId, closable, element, part } from "./dom.js";
import { changedByBoth, whatChanged } from "./merging.js";
import { Paused } from "./paused.js";
import { Starts } from "./starts.js";
import { clock, dayInWords, dayOf, wallOf } from "./wall.js";

const board = byId("board");
const CANCELLED = "cancelled";
const WALL = 16; // characters of a time without a zone

export class Visit {
  constructor({ onChanged }) {
    this.dialog = byId("board-visit");
    this.form = this.dialog.querySelector("form");
    this.starts = new Starts(this.form);
    this.paused = new Paused(this.form);
    this.onChanged = onChanged;
    closable(this.dialog);
    this.form.onsubmit = (event) => (event.preventDefault(), this.move());
    this.form.elements.minutes.onchange = () => this.starts.change({ minutes: this.form.elements.minutes.value });
    part(this.form, "save-notes").onclick = () => this.run("", "PATCH", { notes: this.form.elements.notes.value });
    part(this.form, "cancel").onclick = () => this.cancel();
  }

  // `wall` and `minutes` fill in another time, `closed` asks why at once: when a drag was refused.
  async open({ id, provider, statuses, wall, minutes, too_early: tooEarly = [], undo = false, closed = false }) {
    const { data, etag } = await ask(`/bookings/${id}`);
    Object.assign(this, { booking: data, etag, provider, statuses, tooEarly, undo, status: statuses[data.status] });
    this.refuse("");
    this.showFacts();
    this.offerMoves(statuses[data.status]);
    const present = wallOf(data.scheduled_at, provider.time_zone);
    this.form.elements.minutes.value = minutes ?? data.duration_minutes;
    this.form.elements.notes.value = data.notes;
    part(this.form, "moving").hidden = !this.status.open;
    if (this.status.open) await this.starts.open(this.wanted(), wall ?? present);
    if (this.status.open && Date.parse(data.scheduled_at) > Date.now()) this.paused.show(data.contact_id);
    else this.paused.hide();
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
    this.form.elements.told.checked = this.form.elements.told_of_move.checked = false;
    const buttons = moves.filter(({ to }) => !this.tooEarly.includes(to)).map(({ to, label }) => {
      const button = element("button", { type: "button", className: "board-button", textContent: label });
      button.onclick = () => (to === CANCELLED ? this.askReason() : this.run("", "PATCH", { status: to }));
      return button;
    });
    if (this.undo) buttons.push(this.undoButton());
    part(this.form, "moves").replaceChildren(...buttons);
  }

  undoButton() {
    const button = element("button", { type: "button", className: "board-button", textContent: "Undo last change" });
    button.onclick = () => this.run("/undo", "POST", {});
    return button;
  }

  cancel() {
    const { reason, told } = this.form.elements;
    return this.run("/cancel", "POST", { reason: reason.value, quiet: told.checked });
  }

  askReason() {
    part(this.form, "cancelling").hidden = false;
    this.form.elements.reason.focus();
  }

  move() {
    const { booking, provider } = this;
    const minutes = Number(this.form.elements.minutes.value);
    const notes = this.form.elements.notes.value;
    const { scheduled_at: start, ...body } = this.starts.value();
    const present = start.length > WALL ? booking.scheduled_at : wallOf(booking.scheduled_at, provider.time_zone);
    if (start !== present) body.scheduled_at = start;
    if (minutes && minutes !== booking.duration_minutes) body.duration_minutes = minutes;
    if (notes !== booking.notes) body.notes = notes;
    if (this.form.elements.told_of_move.checked) body.quiet = true;
    return this.run("", "PATCH", body);
  }

  async run(path, method, body) {
    try {
      if (method !== "PATCH" && (await this.isStale(body))) return;
      const headers = method === "PATCH" ? { "If-Match": this.etag } : {};
      const { data, etag } = await ask(`/bookings/${this.booking.id}${path}`, { method, body, headers });
      this.dialog.close();
      this.onChanged({ ...data, etag }, this.doneInWords(body, data, path), { undo: path !== "/undo" && !("notes" in body) });
    } catch (refusal) {
      if (refusal.status === CHANGED && !(await this.isStale(body))) return this.run(path, method, body);
      if (refusal.status === CHANGED) return;
      this.refuse(refusal.message);
      if (refusal.code === "outside_hours") this.starts.askWhy();
    }
  }

  doneInWords(body, data, path) {
    const now = this.statuses[data.status].label.toLowerCase();
    if (path === "/undo") return `the last change is taken back; ${now}`;
    if (body.status || path) return now;
    return Object.keys(body).join() === "notes" ? "notes saved" : "moved";
  }

  // Read the booking again. Where another person has changed what `body` is about, say so and keep what was typed;
  // the next press is then about what is shown now.
  async isStale(body) {
    const { booking: shown, provider, statuses } = this;
    const { data, etag } = await ask(`/bookings/${shown.id}`);
    const both = changedByBoth(body, shown, data);
    Object.assign(this, { booking: data, etag, status: statuses[data.status] });
    if (!both.length) return false;
    this.showFacts();
    this.offerMoves(this.status);
    part(this.form, "moving").hidden = !this.status.open;
    const said = await whatChanged(both, shown, data, { zone: provider.time_zone, statuses });
    this.refuse(`${said} What you entered is still here. Press again to replace the new value.`);
    return true;
  }

  refuse(text) {
    part(this.form, "refusal").textContent = text;
  }
}
