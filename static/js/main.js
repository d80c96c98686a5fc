// The page's behaviours. Each file does one thing, finds its elements by data- attributes, and listens once, on the document.
import "./cards.js";
import "./dialog.js";
import "./import.js";
import "./keys.js";
import "./live.js";
import "./select.js";
import "./tips.js";
import "./toasts.js";
