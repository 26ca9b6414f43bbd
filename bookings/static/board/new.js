// The dialog that books.

import { ask, newKey } from "./api.js";
import { Clients } from "./clients.js";
import { byId, closable, fillOptions, part } from "./dom.js";
import { shortestOf } from "./free.js";
import { Starts } from "./starts.js";

const NO_SERVICE = { value: "", text: "No service" };

export class NewBooking {
  constructor({ onBooked }) {
    this.dialog = byId("board-new");
    this.form = this.dialog.querySelector("form");
    this.fields = this.form.elements;
    this.clients = new Clients(this.dialog);
    this.starts = new Starts(this.form);
    this.onBooked = onBooked;
    closable(this.dialog);
    this.form.onsubmit = (event) => (event.preventDefault(), this.send());
    this.fields.provider_id.onchange = () => this.chooseProvider();
    this.fields.service_id.onchange = () => this.chooseService();
    this.fields.duration_minutes.onchange = () => this.starts.change(this.wanted());
  }

  // `minutes` is the length that was drawn, if one was; `closed` asks for a reason at once.
  open({ providers, provider, wall, minutes = "", closed = false }) {
    this.providers = providers;
    this.key = newKey();
    this.refuse("");
    this.clients.reset();
    this.fields.notes.value = "";
    fillOptions(this.fields.provider_id, providers.map(({ id, name, time_zone: zone }) => ({ value: id, text: `${name} · ${zone}` })));
    this.fields.provider_id.value = provider.id;
    this.offerServices(minutes);
    this.fields.duration_minutes.value = minutes;
    this.showLength();
    this.dialog.showModal();
    byId("board-client").focus();
    this.starts.open(this.wanted(), wall);
    if (closed) part(this.form, "why").hidden = false;
  }

  get provider() {
    return this.providers.find(({ id }) => String(id) === this.fields.provider_id.value);
  }

  wanted() {
    return { provider: this.provider, service: this.fields.service_id.value, minutes: this.fields.duration_minutes.value };
  }

  // Chosen is the one that takes as long as was drawn, else the shortest, which fits wherever it is free.
  offerServices(drawn) {
    const offered = this.provider.services.map(({ id, name, minutes }) => ({ value: id, text: `${name} · ${minutes} min` }));
    fillOptions(this.fields.service_id, [...offered, NO_SERVICE]);
    const meant = this.provider.services.find(({ minutes }) => minutes === drawn) ?? shortestOf(this.provider);
    this.fields.service_id.value = meant?.id ?? NO_SERVICE.value;
  }

  showLength() {
    const service = this.provider.services.find(({ id }) => String(id) === this.fields.service_id.value);
    this.fields.duration_minutes.placeholder = service ? service.minutes : 30;
  }

  chooseProvider() {
    this.offerServices();
    this.chooseService();
  }

  chooseService() {
    this.fields.duration_minutes.value = "";
    this.showLength();
    this.starts.change(this.wanted());
  }

  async send() {
    const { service, minutes } = this.wanted();
    const body = {
      provider_id: this.provider.id,
      ...this.clients.value(),
      ...this.starts.value(),
      notes: this.fields.notes.value,
    };
    if (service) body.service_id = Number(service);
    if (minutes) body.duration_minutes = Number(minutes);
    const button = this.form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      const { data } = await ask("/bookings", { method: "POST", body, headers: { "Idempotency-Key": this.key } });
      this.dialog.close();
      this.onBooked(data);
    } catch (refusal) {
      if (refusal.status) this.key = newKey(); // it was answered, so the next try is another one
      this.refuse(refusal.message);
      if (refusal.code === "outside_hours") this.starts.askWhy();
      if (refusal.code === "slot_taken") this.starts.load();
    } finally {
      button.disabled = false;
    }
  }

  refuse(text) {
    part(this.form, "refusal").textContent = text;
  }
}
