// Printing: paper is white, so a dark page prints light and is dark again afterwards.

export function printLight() {
  let isDark = false;
  matchMedia("print").addEventListener("change", ({ matches }) => {
    const { classList } = document.documentElement;
    if (matches) isDark = classList.contains("dark");
    classList.toggle("dark", isDark && !matches);
  });
}
