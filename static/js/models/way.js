/**
 * The way to the site: a websocket or, where none gets through, an event stream, which may have to poll.
 *
 * After two websockets in a row on which nothing was heard, or one that is silent for some seconds, an event stream is tried
 * beside them; the first that is heard is the way. From an event stream a websocket is tried again all the time. The tab
 * remembers what worked, because each conversation is a page of its own.
 */

import { newId } from "../helpers/ids.js";
import { thisTab } from "../helpers/storage.js";

const SOCKET = "socket";
const STREAM = "stream";
const POLLS = "polls";
const FEW = 2;
const SILENCE = 4_000;
/** Between two tries of a websocket beside an event stream, and before the first one of a page. */
const AGAIN = 15_000;
const SOON = 3_000;
const GIVE_UP = 8_000;
const HIDDEN = 10_000;
const LOST = 1006;

export class Way {
  #address;
  #change;
  #refuse;
  #kind = SOCKET;
  #trouble = "";
  #unheard = 0;
  #isHeard = false;
  #EventStream = null;
  #second = null;
  #probe = null;
  #found = null;
  #tried = performance.now() - AGAIN + SOON;
  #hiddenSince = null;
  #timer = 0;

  /** `change` takes a connection that has been found to work, open already; `refuse` the code of one that never will. */
  constructor(address, change, refuse) {
    this.#address = address;
    this.#change = change;
    this.#refuse = refuse;
    const [kind, trouble] = thisTab.get("way").split(" ");
    if (trouble) [this.#kind, this.#trouble] = [kind, trouble];
  }

  /**
   * Why no websocket is used, {why, polls}: it was refused, it hangs (neither opens nor fails), or it is silent (opens and
   * carries nothing); and whether a stream is held back as well.
   */
  get trouble() {
    return { why: this.#trouble, polls: this.polls };
  }

  get isLimited() {
    return this.#kind !== SOCKET;
  }

  get polls() {
    return this.#kind === POLLS;
  }

  /** Whether `open` may be called; else `prepare` fetches what it lacks. */
  get isReady() {
    return !this.isLimited || this.#EventStream !== null;
  }

  /** Fetches what few visits need; where it does not come, websockets are tried again. */
  async prepare() {
    this.#EventStream ??= await import("./event-stream.js").then((module) => module.EventStream).catch(() => null);
    if (!this.#EventStream && this.isLimited) this.#remember(SOCKET);
  }

  /** Opens a connection by the way that is known to work. */
  open() {
    this.#isHeard = false;
    if (this.isLimited) return new this.#EventStream({ polls: this.polls });
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#address);
    this.#timer = setTimeout(() => this.#trySecond(socket.readyState ? "silent" : "hangs"), SILENCE);
    return socket;
  }

  /** Something was heard on the connection in use. */
  works() {
    this.#unheard = 0;
    this.#isHeard = true;
    clearTimeout(this.#timer);
    if (!this.isLimited) this.#forgetSecond();
  }

  /** The connection in use is over. */
  failed({ wasOpen, isSilent, isHeldBack }) {
    this.#unheard = this.#isHeard ? 0 : this.#unheard + 1;
    if (!this.isLimited) {
      if (this.#unheard >= FEW) this.#trySecond(wasOpen ? "silent" : isSilent ? "hangs" : "refused");
    } else if (isHeldBack || (isSilent && wasOpen)) this.#remember(POLLS);
    else if (this.#unheard >= FEW) this.#remember(SOCKET);
  }

  /** A page that is back may be in another network. */
  hurry() {
    this.#hiddenSince = null;
    if (this.isLimited) this.#tried = Math.min(this.#tried, performance.now() - AGAIN + SOON);
  }

  /** Whether this tab has been hidden for so long that the stream it holds is better held by others. */
  mayRest() {
    if (!document.hidden || !this.isLimited) this.#hiddenSince = null;
    else this.#hiddenSince ??= performance.now();
    return this.#hiddenSince !== null && performance.now() - this.#hiddenSince >= HIDDEN;
  }

  /** Looks whether a websocket works again; changes to it when no answer is awaited. */
  look(isBusy) {
    if (!this.isLimited) return;
    if (this.#found && !isBusy) return this.#return();
    if (!this.#probe && performance.now() - this.#tried >= AGAIN) this.#tryAgain();
  }

  async #trySecond(trouble, polls = false) {
    await this.prepare();
    if (!this.#EventStream || this.isLimited || this.#second || this.#isHeard || !navigator.onLine) return;
    this.#trouble = trouble;
    const second = (this.#second = new this.#EventStream({ polls }));
    second.onopen = () => {
      this.#second = null;
      this.#tried = performance.now();
      this.#remember(polls ? POLLS : STREAM);
      this.#change(second);
    };
    second.onclose = ({ code, isHeldBack }) => {
      this.#second = null;
      if (isHeldBack) this.#trySecond(trouble, true);
      else if (code !== LOST) this.#refuse(code);
    };
  }

  #forgetSecond() {
    if (this.#second) this.#second.onopen = this.#second.onclose = null;
    this.#second?.close();
    this.#second = null;
  }

  #tryAgain() {
    this.#tried = performance.now();
    const probe = (this.#probe = new WebSocket(this.#address));
    const timer = setTimeout(() => this.#forgetProbe(), GIVE_UP);
    probe.onopen = () => probe.send(JSON.stringify({ type: "ping", id: newId() }));
    probe.onclose = () => this.#forgetProbe();
    probe.onmessage = () => {
      clearTimeout(timer);
      this.#found = probe;
    };
  }

  #forgetProbe() {
    if (this.#probe) this.#probe.onclose = null;
    this.#probe?.close();
    this.#probe = this.#found = null;
  }

  #return() {
    const found = this.#found;
    this.#probe = this.#found = null;
    this.#remember(SOCKET);
    this.#change(found);
  }

  #remember(kind) {
    this.#kind = kind;
    this.#unheard = 0;
    thisTab.set("way", kind === SOCKET ? "" : `${kind} ${this.#trouble}`);
  }
}
