/** Reads messages out with the browser's own voices. */

const SILENT = ".code-block, .cite, table-tools, .math-block";
const SENTENCES = /[^.!?。！？…]+[.!?。！？…]*\s*/g;
const LETTERS = /[\p{L}\p{N}]/u;
const SCRIPTS = { ja: /[\u3040-\u30ff]/u, ko: /\p{Script=Hangul}/u, "zh-CN": /\p{Script=Han}/u };
const MOST_CHARACTERS = 200;

addEventListener("pagehide", silence);

/** Whether the browser can read out. */
export function hasVoices() {
  return Boolean(globalThis.speechSynthesis?.getVoices().length);
}

export function isReading() {
  return hasVoices() && (speechSynthesis.speaking || speechSynthesis.pending);
}

export function silence() {
  globalThis.speechSynthesis?.cancel();
}

/** Reads a message's words out, without code and formulas that stand by themselves. */
export function readAloud(message) {
  silence();
  for (const text of [...message.querySelectorAll(".message__text")].flatMap(spoken)) {
    const piece = new SpeechSynthesisUtterance(text);
    piece.lang = languageOf(text);
    speechSynthesis.speak(piece);
  }
}

/** Browsers stop in the middle of what takes long, so sentences are given to them one by one. */
function spoken(text) {
  const words = text.cloneNode(true);
  for (const other of words.querySelectorAll(SILENT)) other.remove();
  const blocks = [...words.querySelectorAll("p, li, h1, h2, h3, h4, h5, h6, td, th, summary")];
  const lines = (blocks.length ? blocks.filter(isInnermost) : [words]).map(({ textContent }) => textContent.trim());
  return lines.flatMap(sentences).filter((line) => LETTERS.test(line));
}

const isInnermost = (block) => !block.querySelector("p, li, td");

function sentences(line) {
  const pieces = [""];
  for (const sentence of line.match(SENTENCES) ?? []) {
    if (pieces.at(-1).length + sentence.length > MOST_CHARACTERS) pieces.push("");
    pieces[pieces.length - 1] += sentence;
  }
  return pieces;
}

function languageOf(text) {
  const [script] = Object.entries(SCRIPTS).find(([, letters]) => letters.test(text)) ?? [];
  return script ?? navigator.languages.find((language) => !/^(?:zh|ja|ko)/.test(language)) ?? "en";
}
