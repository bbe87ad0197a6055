/** Sound files in a form that all models take which hear. */

import { capabilityFor } from "./media-types.js";
import { Refused } from "./refused.js";
import { wavOf } from "./wav.js";

const MP3 = "audio/mpeg";
/** Bytes of a second of WAV, as helpers/wav.js writes it. */
const A_SECOND = 32_000;

export const isSound = ({ type }) => capabilityFor(type) === "sounds";

/** The file itself, or what it sounds like as WAV of so many bytes at most. */
export async function soundFile(file, most) {
  if (!isSound(file) || file.type === MP3) return file;
  const sound = await wavOf(file, most / A_SECOND).catch(({ code }) => {
    throw new Refused({ code: code === "unreadable" ? "unreadable_file" : code });
  });
  return new File([sound], `${file.name.replace(/\.\w{1,5}$/, "")}.wav`, { type: sound.type });
}
