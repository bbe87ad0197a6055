/** The messages of the branch in sight, and which place among them is a message's own. */

import { clone } from "../helpers/templates.js";

export class Thread {
  #list;

  /** Of the element that holds the messages. */
  constructor(list) {
    this.#list = list;
  }

  get isEmpty() {
    return this.#list.childElementCount === 0;
  }

  /** What the next message answers: the id of the last stored message, of several the one that was chosen; or null. */
  get lastId() {
    const last = [...this.#list.children].findLast(isStored);
    const end = isComparison(last) ? last.querySelector("[data-current]") : last;
    return end?.dataset.reply ?? end?.dataset.id ?? null;
  }

  /** Replies under way, the oldest first. */
  get running() {
    return [...this.#list.querySelectorAll("chat-message[data-role=assistant]")].filter((message) => message.isUnderWay);
  }

  /** Messages that the server does not know of yet, the oldest first. */
  get unsent() {
    return [...this.#list.querySelectorAll("chat-message[data-status=sending]")];
  }

  /** The ids of all messages that the server knows. */
  get ids() {
    return [...this.#list.querySelectorAll("chat-message")].filter(isStored).map(({ dataset }) => dataset.id);
  }

  /** Whether any message has other versions. */
  get hasForks() {
    return [...this.#list.querySelectorAll("chat-message")].some(({ versions }) => versions.length > 1);
  }

  /** The version in sight below this message, or of the first one; of several side by side the one that goes on. */
  versionAt(fork) {
    const versions = this.below(fork ?? "").filter(isStored);
    return versions.find(({ dataset }) => dataset.current) ?? versions[0];
  }

  find(id) {
    return this.#list.querySelector(`chat-message[data-id="${CSS.escape(id)}"]`);
  }

  /** Messages that stand below the one with this id. */
  below(id) {
    return [...this.#list.querySelectorAll(`chat-message[data-parent="${CSS.escape(id)}"]`)];
  }

  /** A new element for a message that is not stored yet, below everything else. */
  append() {
    return this.#list.appendChild(clone("message-template"));
  }

  /** A new element for this message: at the end of the branch in sight, or in a column of its own; else null. */
  place(message) {
    const parent = message.parent ?? "";
    const beside = this.below(parent).filter(isStored);
    if (beside.length) return placeBeside(beside, message);
    const [next] = this.below(message.id).filter(isStored); // What answers it was told of first.
    if (next && !isComparison(next.parentElement)) return this.#list.insertBefore(clone("message-template"), next);
    if (!this.#endsWith(parent)) return null;
    return this.#list.insertBefore(clone("message-template"), this.unsent[0] ?? null);
  }

  /** Of replies side by side the thread goes on from this one. */
  choose(reply) {
    const comparison = reply.parentElement;
    if (!isComparison(comparison) || reply.dataset.current) return;
    for (const { dataset } of comparison.children) delete dataset.current;
    reply.dataset.current = "chosen";
  }

  /** Leaves of a comparison the reply that this stored question follows. */
  settle(message) {
    const { previousElementSibling: above, dataset } = message;
    if (!isStored(message) || !isComparison(above)) return;
    const replies = [...above.children];
    const chosen = replies.find((reply) => reply.dataset.id === dataset.parent);
    if (!chosen) return;
    chosen.addVersions(replies.flatMap((reply) => reply.versions));
    delete chosen.dataset.current;
    above.replaceWith(chosen);
  }

  /** Whether this message answers one that has not come yet. */
  isAhead(id) {
    const parent = this.find(id)?.dataset.parent;
    return Boolean(parent) && !this.find(parent);
  }

  /** Whether this message stands below another one than it answers: somebody else was faster. */
  isMisplaced(id) {
    const message = this.find(id);
    const above = message?.previousElementSibling;
    return Boolean(above) && above !== this.find(message.dataset.parent);
  }

  /** Another branch takes the place of what is below this message; without one, of everything that is stored. */
  replaceBelow(id, branch) {
    const children = [...this.#list.children].filter(isStored);
    for (const element of children.slice(children.indexOf(this.find(id ?? "")) + 1)) element.remove();
    this.#list.insertBefore(branch, this.unsent[0] ?? null);
  }

  /** Whether the branch in sight goes on below this message; a comparison's from any reply until one has been chosen. */
  #endsWith(id) {
    const last = [...this.#list.children].findLast(isStored);
    if (!isComparison(last)) return (last?.dataset.id ?? "") === id;
    const isOpen = last.querySelector("[data-current=first]");
    return Boolean(last.querySelector(`${isOpen ? "" : "[data-current]"}[data-id="${CSS.escape(id)}"]`));
  }
}

const isComparison = (element) => Boolean(element?.matches(".comparison"));
const isStored = ({ dataset }) => dataset.status !== "sending";

/** Models that were asked at once answer side by side; any other version is counted, and shown when it is asked for. */
function placeBeside(beside, { id, role, created_at: createdAt, model_name: name }) {
  const [first] = beside;
  if (first.versions.includes(id)) return null;
  const column = beside.find((reply) => reply.name === name);
  const isCompared = isComparison(first.parentElement) || (first.isFirst && first.time === Date.parse(createdAt));
  if (role === "assistant" && isCompared && !column) return addColumn(first);
  (isComparison(first.parentElement) ? column : first).addVersions([id]);
  return null;
}

function addColumn(first) {
  if (!isComparison(first.parentElement)) {
    const comparison = clone("comparison-template");
    first.before(comparison);
    first.dataset.current = "first";
    comparison.append(first);
  }
  return first.parentElement.appendChild(clone("message-template"));
}
