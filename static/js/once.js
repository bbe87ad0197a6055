/** What is shown once, on a page of its own: its button copies it. */

import { copy } from "./helpers/copy.js";

const button = document.querySelector(".once__copy");
button.hidden = false;
button.addEventListener("click", () => copy(document.querySelector(".once__secret").value, button));
