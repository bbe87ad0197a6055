/** Reads messages out, by the site's model for that or, without one, with the browser's own voices. */

import { page } from "../models/page.js";
import { call } from "./api.js";
import { clone } from "./templates.js";
import { codeOf, Refused } from "./refused.js";

const SILENT = ".code-block, .cite, .footnote, table-tools, .math-block";
/** What stands above one another in a formula is heard one after the other. */
const SIGNS = [["mfrac", "/"], ["msup", "^"]];
const SENTENCES = /[^.!?。！？…]+[.!?。！？…]*\s*/g;
const LETTERS = /[\p{L}\p{N}]/u;
const SCRIPTS = { ja: /[\u3040-\u30ff]/u, ko: /\p{Script=Hangul}/u, "zh-CN": /\p{Script=Han}/u };
const MOST_CHARACTERS = 200;
/** A model reads longer pieces; the first is short, so that it is soon heard. */
const MOST_BY_MODEL = 1_000;
const model = document.getElementById("speech");
/** The player of what a model reads, while it does. */
let player = null;

addEventListener("pagehide", silence);

/** Whether the browser can read out. */
export function hasVoices() {
  return Boolean(model) || hasOwnVoices();
}

export function isReading() {
  return Boolean(player) || (hasOwnVoices() && (speechSynthesis.speaking || speechSynthesis.pending));
}

export function silence() {
  globalThis.speechSynthesis?.cancel();
  player?.pause();
  player?.remove();
  player = null;
}

/** Reads a message's words out, without code and formulas that stand by themselves. */
export function readAloud(message) {
  silence();
  const most = model ? MOST_BY_MODEL : MOST_CHARACTERS;
  const texts = [...message.querySelectorAll(".message__text")].flatMap((text) => spoken(text, most));
  if (model) return readByModel(message, texts);
  for (const text of texts) {
    const piece = new SpeechSynthesisUtterance(text);
    piece.lang = languageOf(text);
    speechSynthesis.speak(piece);
  }
}

function hasOwnVoices() {
  return Boolean(globalThis.speechSynthesis?.getVoices().length);
}

/** Each piece is asked for while the one before is heard; without its player nothing goes on. */
async function readByModel(message, texts) {
  const pieces = joined(texts);
  const mine = clone("speech");
  player = mine;
  message.append(mine);
  try {
    for (let number = 0, next = soundOf(pieces[0]); number < pieces.length; number += 1) {
      const sound = await next;
      if (player !== mine) return;
      if (number + 1 < pieces.length) next = soundOf(pieces[number + 1]);
      next.catch(() => {}); // It is told when its turn comes.
      await heard(mine, sound);
      if (player !== mine) return;
    }
  } catch (error) {
    if (player === mine) message.querySelector("message-actions").say(codeOf(error));
  }
  if (player === mine) silence();
}

async function soundOf(text) {
  const place = new URLSearchParams(page.conversation ? { conversation: page.conversation } : {});
  const { error, media_type: type, data } = await call("POST", `${model.dataset.source}?${place}`, { text });
  if (error) throw new Refused(error);
  return new Blob([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], { type });
}

/** Resolves when the sound has ended. */
function heard(audio, sound) {
  const address = URL.createObjectURL(sound);
  return new Promise((resolve, reject) => {
    audio.onended = resolve;
    audio.onerror = () => reject(new Refused());
    audio.src = address;
    audio.play().catch((error) => error.name === "NotAllowedError" || reject(new Refused())); // Its button plays it.
  }).finally(() => URL.revokeObjectURL(address));
}

function joined(texts) {
  const pieces = [""];
  for (const text of texts) {
    const most = pieces.length === 1 ? MOST_CHARACTERS : MOST_BY_MODEL;
    if (pieces.at(-1) && pieces.at(-1).length + text.length > most) pieces.push("");
    pieces[pieces.length - 1] += `${text}\n`;
  }
  return pieces;
}

/** Browsers stop in the middle of what takes long, so sentences are given to them one by one. */
function spoken(text, most) {
  const words = text.cloneNode(true);
  for (const other of words.querySelectorAll(SILENT)) other.remove();
  for (const [name, sign] of SIGNS) for (const pair of words.querySelectorAll(name)) pair.firstElementChild.after(sign);
  const blocks = [...words.querySelectorAll("p, li, h1, h2, h3, h4, h5, h6, td, th, summary")];
  const lines = (blocks.length ? blocks.filter(isInnermost) : [words]).map(({ textContent }) => textContent.trim());
  return lines.flatMap((line) => sentences(line, most)).filter((line) => LETTERS.test(line));
}

const isInnermost = (block) => !block.querySelector("p, li, td");

function sentences(line, most) {
  const pieces = [""];
  for (const sentence of (line.match(SENTENCES) ?? []).flatMap((one) => cut(one, most))) {
    if (pieces.at(-1).length + sentence.length > most) pieces.push("");
    pieces[pieces.length - 1] += sentence;
  }
  return pieces;
}

/** What has no end for long, as some lists and poems, is cut at its words, or anywhere. */
function cut(sentence, most) {
  return sentence.match(new RegExp(`[^]{1,${most}}(?:\\s|$)|[^]{1,${most}}`, "gu"));
}

function languageOf(text) {
  const [script] = Object.entries(SCRIPTS).find(([, letters]) => letters.test(text)) ?? [];
  return script ?? navigator.languages.find((language) => !/^(?:zh|ja|ko)/.test(language)) ?? "en";
}
