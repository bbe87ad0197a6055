/** What a team's or a project's new conversations begin with, below what somebody sets for one of them. */

import { call } from "../helpers/api.js";
import { read } from "../helpers/parameters.js";
import { phrase } from "../helpers/phrases.js";
import { markTeam } from "../helpers/sliders.js";
import { page } from "./page.js";

export const NONE = { system_prompt: "", parameters: {} };

export class TeamDefaults {
  #known = { ...NONE, team: null };

  /** Whether it is asked otherwise than the team does by itself. */
  differ({ system_prompt, parameters }) {
    return system_prompt !== this.#known.system_prompt || !isEqual(parameters, this.#known.parameters);
  }

  /** Takes those of this project or team; returns the settings with them below what was set already. Rejects with Refused. */
  async follow({ team: teamId, project: projectId }, settings) {
    const last = this.#known;
    if ((projectId || teamId || "") === (last.team?.id ?? "")) return settings;
    const address = projectId ? page.api.projectDefaults(projectId) : page.api.teamDefaults(teamId);
    const { team, project, ...known } = projectId || teamId ? await call("GET", address) : { ...NONE, team: null };
    this.#known = { ...known, team: project ?? team };
    if (page.conversation) return settings;
    const own = Object.entries(settings.parameters).filter(([name, value]) => !isEqual(value, last.parameters[name]));
    return {
      system_prompt: settings.system_prompt === last.system_prompt ? known.system_prompt : settings.system_prompt,
      parameters: { ...known.parameters, ...Object.fromEntries(own) },
    };
  }

  /** Says at each field of the form whether its value is the team's. */
  mark(form) {
    const { team, system_prompt, parameters } = this.#known;
    if (!team || !form.json_schema.validity.valid) return;
    const now = read(form, {});
    const isSame = (name) => (name in parameters ? isEqual(now.parameters[name], parameters[name]) : isPrompt(name));
    const isPrompt = (name) => name === "system_prompt" && system_prompt && now[name] === system_prompt;
    markTeam(form, phrase("parameters.team", { team: team.name }), isSame);
  }
}

/** Whether two values of JSON are the same, whatever the order of their names. */
function isEqual(one, other) {
  const inOrder = (_, value) => (value?.constructor === Object ? Object.fromEntries(Object.entries(value).sort()) : value);
  return JSON.stringify(one, inOrder) === JSON.stringify(other, inOrder);
}
