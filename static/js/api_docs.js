// Swagger's page is dark where the chosen theme is, or where the system is and no theme is chosen.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function shade() {
  const chosen = root.dataset.theme;
  root.classList.toggle("dark-mode", chosen ? chosen === "dark" : system.matches);
}

system.addEventListener("change", shade);
shade();
