// Texts within the last element that matches, which are too faint on what is behind them (WCAG 2.2, 1.4.3), and cards
// of dialogs that are wider than their place.
(within) => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const parsed = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const laid = (below, above) => [0, 1, 2].map((part) => above[part] * above[3] + below[part] * (1 - above[3]));
  const luminance = (colour) => {
    const linear = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const upwards = function* (element) {
    for (; element; element = element.parentElement) yield element;
  };
  const behind = (element) => {
    const grounds = [];
    for (const one of upwards(element)) {
      grounds.unshift(parsed(getComputedStyle(one).backgroundColor));
      if (grounds[0][3] === 1) break;
    }
    return grounds.reduce(laid, [255, 255, 255]);
  };
  const written = (element) =>
    element.matches("input, textarea")
      ? element.value
      : [...element.childNodes].map((node) => (node.nodeType === Node.TEXT_NODE ? node.data.trim() : "")).join("");
  const root = [...document.querySelectorAll(within)].at(-1);
  const found = [...root.querySelectorAll(".q-card")]
    .filter((card) => card.scrollWidth > card.clientWidth)
    .map((card) => `${card.scrollWidth} in ${card.clientWidth}: ${card.className}`);
  for (const element of root.querySelectorAll("*")) {
    const shown = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (!shown || !written(element) || element.closest("svg, .disabled, :disabled")) continue;
    const style = getComputedStyle(element);
    const ground = behind(element);
    const ink = parsed(style.color);
    for (const one of upwards(element)) ink[3] *= Number(getComputedStyle(one).opacity);
    const [dark, light] = [luminance(laid(ground, ink)), luminance(ground)].sort((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) || element.matches(".q-icon");
    if (ratio < (isLarge ? 3 : 4.5)) found.push(`${ratio.toFixed(2)}:1 ${written(element).slice(0, 60)}`);
  }
  return found;
}
