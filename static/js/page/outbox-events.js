/** From the composer to the server: messages are put into the outbox, and what becomes of them is shown. */

import { newId } from "../helpers/ids.js";
import { giveBack, mayReturn } from "../models/drafts.js";
import { page } from "../models/page.js";

export class OutboxEvents {
  #chat;

  constructor(chat) {
    this.#chat = chat;
  }

  listen() {
    const { composer, outbox, transcript } = this.#chat;
    outbox.addEventListener("acknowledged", ({ detail }) => this.#acknowledged(detail));
    outbox.addEventListener("refused", ({ detail }) => this.#refused(detail));
    outbox.addEventListener("changed", () => this.showUnsent());
    transcript.addEventListener("retry", () => this.#retry());
    transcript.addEventListener("takeback", ({ detail }) => this.#takeBack(detail));
    composer?.addEventListener("send", ({ detail }) => this.#send(detail));
  }

  /** Shows what the outbox holds for this place. */
  showUnsent() {
    const { navigation, outbox, socket, transcript } = this.#chat;
    navigation.follow();
    transcript.showUnsent(outbox.at(navigation.place, socket.isOpen), page.person);
    this.#chat.update();
  }

  #send({ text, files, models, parameters, assistant, team, project }) {
    const { composer, conversation, navigation, outbox, transcript } = this.#chat;
    const command = { type: "message.send", id: newId(), conversation: conversation?.id ?? null };
    command.parent = transcript.thread.lastId;
    command.text = text;
    if (files.length) command.files = files.map(({ id }) => id);
    command.at_end = true;
    const isLinked = !conversation && !composer.models.assistants && composer.dataset.assistant; // They are still to come.
    if (models && !isLinked) command.models = models;
    if (parameters) command.parameters = parameters;
    command.assistant = isLinked ? composer.dataset.assistant : assistant; // Without one it is not sent.
    if (project) command.project = project;
    else if (team) command.team = team;
    const prompt = composer.prompt?.take();
    if (prompt) command.prompt = prompt;
    outbox.put(command, navigation.place, files);
    transcript.toEnd();
    this.#deliver();
  }

  async #acknowledged({ entry, ack }) {
    const { navigation, transcript } = this.#chat;
    transcript.sent(entry.command, ack);
    navigation.follow();
    if (transcript.thread.isAhead(ack.message)) await this.#chat.open();
    if (transcript.thread.isMisplaced(ack.message)) this.#chat.act(transcript, { type: "show", parent: entry.command.parent });
  }

  #refused({ entry, code }) {
    this.#chat.transcript.remove(entry.command.id);
    this.#restore(entry, code);
  }

  #retry() {
    const { navigation, outbox, transcript } = this.#chat;
    outbox.release(navigation.place, transcript.thread.lastId);
    this.#deliver();
  }

  #takeBack(id) {
    const entry = this.#chat.outbox.takeBack(id);
    if (entry) this.#restore({ ...entry, tab: undefined });
  }

  /** Puts the message back where it was written: into the composer, or to the draft of what is not in sight. */
  async #restore(entry, code = "") {
    const { composer, navigation } = this.#chat;
    const message = { text: entry.command.text, files: entry.files, code };
    const isHere = composer && entry.place === navigation.place;
    if (isHere && (await mayReturn(entry))) composer.restore(message);
    else giveBack(entry, message);
  }

  #deliver() {
    const { outbox, socket } = this.#chat;
    socket.hurry();
    outbox.deliver(socket);
  }
}
