/** The page on which conversations are imported: the file goes up, and what came of it is asked for again and again. */

import "./elements/import-panel.js";
