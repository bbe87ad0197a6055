/** The assistants that the composer offers: they come once the page has started, where there are any. */

import { fetchElement } from "../helpers/loading.js";
import { AssistantChoice } from "../models/assistant-choice.js";

const choice = new AssistantChoice(document.querySelector("message-composer"));
fetchElement("assistants", () => choice.start().then(() => true));
