/** What the pages on the way to the chat need of a script: the reader's time zone. */

import { tellTimeZone } from "./helpers/time-zone.js";

tellTimeZone();
