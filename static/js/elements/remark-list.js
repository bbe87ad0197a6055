/** What was said of one message's words: in the margin where there is room, else in a sheet behind a button at its foot. */

import { Anchors } from "../helpers/anchors.js";
import { phrase } from "../helpers/phrases.js";
import { fillPeople, say } from "../helpers/remark-words.js";
import { clone } from "../helpers/templates.js";

/** As in remarks.css. */
const inMargin = matchMedia("(width >= 75rem)");

class RemarkList extends HTMLElement {
  #threads = [];
  #people = [];
  #acting = "";
  #anchors = null;

  connectedCallback() {
    if (this.id) return;
    this.id = `remarks-${this.message}`;
    this.querySelector("[name=close]").setAttribute("popovertarget", this.id);
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest("button")));
    this.addEventListener("change", ({ target }) => target.name === "person" && this.#assign(target));
    this.addEventListener("submit", (event) => this.#submit(event));
    this.addEventListener("keydown", (event) => this.#keyDown(event));
  }

  get message() {
    return this.#element.dataset.id;
  }

  /** Whether anything stands here. */
  get isShown() {
    return Boolean(this.querySelector(".remark"));
  }

  /** The remarks that are not resolved: [{message, remark, replies}]. */
  get openOnes() {
    return this.#threads.filter(({ remark }) => !remark.resolved).map((thread) => ({ ...thread, message: this.#element }));
  }

  /** Where the words stand that are spoken of now: [{id, start, end}]. */
  get places() {
    const written = this.#form && !this.#form.dataset.remark ? [JSON.parse(this.#form.dataset.place)] : [];
    return [...this.openOnes.map(({ remark }) => remark), ...written].filter(({ start }) => typeof start === "number");
  }

  set people(people) {
    if (this.#people === people) return;
    this.#people = people;
    for (const select of this.querySelectorAll("[name=person]")) fillPeople(select, people, select.value);
  }

  /** Shows these, and what the server does not know of yet; a card that stays keeps its place and the focus in it. */
  show(threads, unsent) {
    this.#threads = threads;
    this.#anchors = threads.length ? new Anchors(this.#element) : null;
    const told = [...threads, ...unsent.filter(({ remark }) => !remark).map((remark) => ({ remark, replies: [] }))];
    const cards = told.map(({ remark, replies }) => this.#card(remark, [...replies, ...unsent.filter((one) => one.remark === remark.id)]));
    for (const card of this.querySelectorAll(".remarks__cards > .remark")) if (!cards.includes(card)) card.remove();
    const place = this.querySelector(".remarks__cards");
    cards.forEach((card, number) => place.children[number] === card || place.insertBefore(card, place.children[number] ?? null));
    this.#count(threads);
    if (!this.#element.toggleAttribute("data-remarks", this.isShown || Boolean(this.#form))) this.remove();
  }

  /** A form for a remark on this place, or below another remark; `person` is who shall look after it. */
  write(place, remark = "", person = null) {
    const typed = this.#form?.elements.text.value ?? ""; // It may have been meant for other words: it is not lost.
    this.#form?.remove();
    const form = clone("remark-form-template");
    form.elements.text.value = typed;
    form.dataset.place = JSON.stringify({ id: "", start: null, end: null, ...place });
    form.dataset.remark = remark;
    form.querySelector(".remark__quote").textContent = place.quote ?? "";
    form.querySelector(".remark__for").hidden = Boolean(remark);
    fillPeople(form.elements.person, this.#people, person?.id ?? "", person);
    if (remark) this.#find(remark).append(form);
    else this.querySelector(".remarks__cards").before(form);
    this.closest("chat-transcript").toggleAttribute("data-remarked", true);
    this.#showSheet();
    form.elements.text.focus();
  }

  /** Leads to this remark. */
  open(id) {
    this.#showSheet();
    const card = this.#find(id);
    card?.scrollIntoView({ block: "nearest" });
    card?.querySelector("button")?.focus({ preventScroll: true });
  }

  /** See models/branches.js. */
  settled(code) {
    const card = this.#find(this.#acting);
    if (card && code) card.querySelector(".remark__notice").textContent = phrase(`action.${code}`) || phrase("action.refused");
  }

  get #element() {
    return this.closest("chat-message");
  }

  get #form() {
    return this.querySelector("form");
  }

  #find(id) {
    return this.querySelector(`.remark[data-id="${CSS.escape(id)}"]`);
  }

  #card(remark, replies) {
    const card = this.#find(remark.id) ?? clone("remark-template");
    say(card, remark);
    card.toggleAttribute("data-resolved", Boolean(remark.resolved));
    const quote = card.querySelector(".remark__quote");
    const isShort = !remark.quote.includes("\n"); // Between blocks there are buttons, too.
    quote.textContent = (isShort && this.#anchors?.rangeOf(remark)?.toString()) || remark.quote;
    quote.hidden = !remark.quote;
    const select = card.querySelector("[name=person]");
    if (document.activeElement !== select) fillPeople(select, this.#people, remark.assignee?.id ?? "", remark.assignee);
    const known = new Map([...card.querySelectorAll(".remark__reply")].map((shown) => [shown.dataset.id, shown]));
    card.querySelector(".remark__replies").replaceChildren(...replies.map((reply) => say(known.get(reply.id) ?? clone("remark-reply-template"), reply)));
    return card;
  }

  #count(threads) {
    const resolved = threads.filter(({ remark }) => remark.resolved).length;
    const fold = this.querySelector("[name=resolved]");
    fold.hidden = !resolved;
    fold.querySelector("span").textContent = phrase(resolved === 1 ? "remark.resolved.1" : "remark.resolved.count", { count: resolved });
    const foot = this.#element.querySelector(".message__foot");
    const chip = foot.querySelector(".remark-chip") ?? foot.appendChild(clone("remark-chip-template"));
    chip.setAttribute("popovertarget", this.id);
    chip.querySelector(".remark-chip__count").textContent = threads.length - resolved || "✓";
    if (!this.isShown) chip.remove();
  }

  #clicked(button) {
    if (!button) return;
    const { id } = button.closest(".remark, .remark__reply")?.dataset ?? {};
    if (button.name === "resolved") button.ariaExpanded = String(this.toggleAttribute("data-unfolded"));
    else if (button.name === "cancel") this.#leave();
    else if (button.name === "reply") this.write({}, id);
    else if (["resolve", "reopen", "delete"].includes(button.name)) this.#act(id, { type: `remark.${button.name}` });
    else if (button.name === "words") this.#tell("show-words", { message: this.#element, place: this.#threads.find(({ remark }) => remark.id === id)?.remark ?? {} });
    else if (button.name === "retry") this.#tell("retry-remark", id);
    else if (button.name === "drop") this.#tell("drop-remark", id);
  }

  #assign(select) {
    const { id } = select.closest(".remark").dataset;
    if (id) this.#act(id, { type: "remark.assign", person: select.value || null });
  }

  #act(id, command) {
    this.#acting = id;
    this.dispatchEvent(new CustomEvent("act", { bubbles: true, detail: { remark: id, ...command } }));
  }

  #submit(event) {
    event.preventDefault();
    const form = event.target;
    const { text, person } = form.elements;
    if (!text.value.trim()) return text.focus();
    const { id, ...about } = JSON.parse(form.dataset.place);
    const added = { type: "remark.add", text: text.value, ...about, assignee: person.value || null };
    const command = form.dataset.remark ? { type: "remark.reply", remark: form.dataset.remark, text: text.value } : added;
    form.remove();
    this.#tell("remark", { ...command, message: this.message });
  }

  #leave() {
    const before = this.#form?.closest(".remark")?.querySelector("[name=reply]") ?? this.#element.querySelector("[data-act=more]");
    this.#form?.remove();
    this.#tell("remarked", []);
    if (!this.isShown && this.matches(":popover-open")) this.hidePopover();
    before?.focus({ preventScroll: true });
  }

  #keyDown(event) {
    if (event.target.name !== "text") return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) event.target.form.requestSubmit();
    if (event.key !== "Escape" || event.target.value.trim()) return; // What is typed goes by “Cancel” alone.
    event.preventDefault();
    event.stopPropagation();
    this.#leave();
  }

  #showSheet() {
    if (!inMargin.matches || this.closest(".comparison")) this.showPopover();
  }

  #tell(event, detail) {
    this.closest("chat-transcript").dispatchEvent(new CustomEvent(event, { detail }));
  }
}

customElements.define("remark-list", RemarkList);
