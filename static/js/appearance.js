/** What a page with the choice of appearance needs of a script: the choice without loading the page again. */

import { serveAppearance } from "./helpers/appearance.js";

serveAppearance();
