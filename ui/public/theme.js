// Runs before the first paint, so that a chosen theme never flashes in the other one. ui/shell/theme.ts writes the key.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage can be forbidden; then the system's theme stands.
}
