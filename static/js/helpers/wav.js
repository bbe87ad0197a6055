/** Sounds in the form that all vendors take: WAV of one channel. */

import { Refused } from "./refused.js";

/** Samples a second, of 16 bits: what speech needs. */
const RATE = 16_000;
const HEAD = 44;
const MOST_BYTES = 100 * 2 ** 20; // of a sound file: five minutes without compression have half as much

/** The recording as WAV; rejects what the browser cannot decode, and what takes more seconds than that. */
export async function wavOf(recording, most) {
  if (recording.size > MOST_BYTES || (await secondsOf(recording)) > most) throw new Refused({ code: "too_long" });
  const bytes = await recording.arrayBuffer().catch(() => {
    throw new Refused();
  });
  const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes).catch(() => {
    throw new Refused({ code: "unreadable" });
  });
  if (Math.floor(sound.duration) > most) throw new Refused({ code: "too_long" });
  const channels = Array.from({ length: sound.numberOfChannels }, (_, number) => sound.getChannelData(number));
  const view = new DataView(new ArrayBuffer(HEAD + 2 * sound.length));
  writeHead(view, 2 * sound.length);
  for (let place = 0; place < sound.length; place += 1) {
    const sample = channels.reduce((sum, channel) => sum + channel[place], 0) / channels.length;
    view.setInt16(HEAD + 2 * place, Math.max(-1, Math.min(1, sample)) * 0x7fff, true);
  }
  return new Blob([view], { type: "audio/wav" });
}

/** Its length by its own account: a small file may have hours of silence, which would not fit into memory; 0 where it is unknown. */
async function secondsOf(recording) {
  const address = URL.createObjectURL(recording);
  const player = Object.assign(new Audio(), { preload: "metadata", src: address });
  await new Promise((resolve) => (player.onloadedmetadata = player.onerror = resolve));
  URL.revokeObjectURL(address);
  return Number.isFinite(player.duration) ? Math.floor(player.duration) : 0; // What was recorded just now says it is endless.
}

function writeHead(view, bytes) {
  const words = [[0, "RIFF"], [8, "WAVEfmt "], [36, "data"]];
  for (const [place, word] of words) [...word].forEach((letter, number) => view.setUint8(place + number, letter.charCodeAt(0)));
  for (const [place, value] of [[4, HEAD - 8 + bytes], [16, 16], [24, RATE], [28, 2 * RATE], [40, bytes]]) view.setUint32(place, value, true);
  for (const [place, value] of [[20, 1], [22, 1], [32, 2], [34, 16]]) view.setUint16(place, value, true);
}
