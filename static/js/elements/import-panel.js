/** An import: a file, or several as one, is sent, looked through and, once its reader has seen what it holds, written. */

import { fragment } from "../helpers/html.js";

const PAUSE = 1_000;
/** Bytes above which a file goes up in pieces of so many: proxies refuse long requests, and connections break. */
const LARGE = 16 * 2 ** 20;
const PIECE = 2 ** 20;
const TRIES = 5;

class ImportPanel extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    this.#field.addEventListener("change", () => this.#field.files.length && this.#send([...this.#field.files]));
    this.addEventListener("submit", (event) => this.#start(event));
    if (this.#state.firstElementChild) this.#ask();
  }

  get #field() {
    return this.querySelector("input[type=file]");
  }

  get #state() {
    return this.querySelector(".import__state");
  }

  /** The address of the state that is shown; the part of the page that the server writes names it. */
  get #address() {
    return this.#state.firstElementChild.dataset.address;
  }

  async #send(files) {
    this.#complain(null);
    if (files.reduce((sum, { size }) => sum + size, 0) > Number(this.dataset.most)) return this.#complain("too_long");
    if (files.length > 1 && files.some(({ name }) => /\.zip$/i.test(name))) return this.#complain("zip_alone");
    this.#field.disabled = true;
    try {
      const file = files.length > 1 ? await together(files) : files[0];
      const tell = (share) => this.#goOn(share);
      const id = file.size > LARGE ? await this.#sendPieces(file, tell) : (await upload(this.dataset.api, file, this.#token, tell)).id;
      await this.#show(this.dataset.state.replace(this.dataset.any, id));
    } catch (error) {
      this.#complain(error.message);
    }
    this.#field.disabled = false;
    this.#field.value = "";
    this.#goOn(null);
  }

  /** Sends a large file piece by piece; one that is lost on the way is sent again. */
  async #sendPieces(file, tell) {
    const { id } = await this.#post(this.dataset.apiUploads, JSON.stringify({ name: file.name ?? "import.json", bytes: file.size }));
    const address = this.dataset.apiPieces.replace(this.dataset.any, id);
    let at = 0;
    while (at < file.size) {
      at = (await this.#post(`${address}?at=${at}`, file.slice(at, at + PIECE), TRIES)).received;
      tell(at / file.size);
    }
    return id;
  }

  /** Resolves with the server's answer, or rejects with an error whose message is the code of a refusal. */
  async #post(address, body, tries = 1) {
    const headers = { "Content-Type": typeof body === "string" ? "application/json" : "application/octet-stream", "X-CSRFToken": this.#token };
    const response = await fetch(address, { method: "POST", headers, body }).catch(() => null);
    if (response?.ok) return response.json();
    if (response || tries < 2) throw new Error((await response?.json().catch(() => null))?.error?.code ?? "");
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    return this.#post(address, body, tries - 1);
  }

  async #start(event) {
    event.preventDefault();
    event.target.querySelector("button").disabled = true;
    const team = event.target.elements.team?.value;
    const address = event.target.action + (team ? `?team=${team}` : "");
    const answer = await fetch(address, { method: "POST", headers: { "X-CSRFToken": this.#token } }).catch(() => null);
    if (!answer?.ok) this.#complain((await answer?.json().catch(() => null))?.error?.code ?? "");
    await this.#ask();
  }

  #ask() {
    return this.#show(this.#address);
  }

  /** Shows how far the import is, and goes on asking while it is under way. */
  async #show(address) {
    clearTimeout(this.#timer);
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok) this.#state.replaceChildren(fragment(await answer.text()));
    if (!answer || "underWay" in (this.#state.firstElementChild?.dataset ?? {})) {
      this.#timer = setTimeout(() => this.#show(address), PAUSE);
    }
  }

  #goOn(share) {
    const bar = this.querySelector(".import__upload");
    bar.hidden = share === null;
    bar.value = share ?? 0;
  }

  /** One of the sentences that the page holds for a refusal; none for null. */
  #complain(code) {
    const sentences = [...this.querySelectorAll("[data-code]")];
    const meant = code !== null && (sentences.find(({ dataset }) => dataset.code === code) ?? sentences.at(-1));
    for (const sentence of sentences) sentence.hidden = sentence !== meant;
  }

  get #token() {
    return this.querySelector("[name=csrfmiddlewaretoken]").value;
  }
}

customElements.define("import-panel", ImportPanel);

/** Resolves with one file that holds these, and has the first one's name and how many more there are. */
async function together(files) {
  const { zipOf } = await import("../helpers/zip.js");
  return new File([await zipOf(files)], `${files[0].name} (+${files.length - 1})`);
}

/** Resolves with the server's answer, or rejects with an error whose message is the code of a refusal. */
function upload(address, file, token, progress) {
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", file);
  request.open("POST", address);
  request.setRequestHeader("X-CSRFToken", token);
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) => progress(loaded / total);
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new Error(request.response?.error?.code ?? (request.status === 413 ? "too_long" : "")));
    request.onload = () => (request.status === 202 ? resolve(request.response) : refuse());
    request.onerror = refuse;
    request.send(body);
  });
}
