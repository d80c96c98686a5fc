// A fragment as a document, or null when nothing came. A session that ended leads the whole page to the login.
import { reached } from "./live.js";

export async function get(url) {
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true", "HX-Current-URL": location.href } });
    reached(true);
    const login = answer.headers.get("HX-Redirect");
    if (login) location.assign(login);
    if (!answer.ok || login) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    reached(false);
    return null;
  }
}
