/** Copies a secret that a page of its own shows this once, at its button. */

import { copy } from "./helpers/copy.js";

const button = document.querySelector(".once__copy");
button.hidden = false;
button.addEventListener("click", () => copy(document.querySelector(".once__secret").value, button));
