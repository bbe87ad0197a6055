/** Why a file cannot go along with a message; empty where it can. `tray` is what its page says of files, `model` what takes them. */

import { capabilityFor } from "./media-types.js";
import { phrase } from "./phrases.js";

/** What keeps a file from being added as one more of so many. */
export function refusal({ name, size, type }, count, tray, model) {
  const kind = capabilityFor(type);
  const limit = Number(tray.bytes);
  if (count >= Number(tray.most)) return phrase("file.too_many", { most: tray.most });
  if (!kind) return phrase("file.bad_field", { name });
  if (kind !== "sounds" && size > limit) return phrase("file.too_long", { name, limit: limit / 2 ** 20 });
  if (kind === "documents" || model.takes.includes(kind)) return "";
  return objection(kind, tray, model) || phrase("file.sound", { name });
}

/** What to say of such files to a model that does not take them. */
export function objection(kind, tray, { name }) {
  return kind === "sounds" ? (tray.deaf ?? "").replace("{model}", name) : phrase(`model.without.${kind}`, { model: name });
}
