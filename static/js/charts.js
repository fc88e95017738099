// Draws every [data-chart] from the figure that stands beside it as JSON, when it comes near the viewport.
// The library is large, so only a page that shows a chart pays for it. Colours and lines come from the template
// of the theme, so a figure says what it shows and never how it looks.

const MARGIN = 400; // px below the fold at which drawing starts
const PRINT_WIDTH = 680;
const drawn = new Set();
let library;

function load(source) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = () => resolve(speak(window.Plotly));
    script.onerror = () => {
      library = undefined; // the next chart may try again
      reject(new Error("the chart library did not load"));
    };
    document.head.append(script);
  });
  return library;
}

// Names of months and days, and the signs in numbers, in the page's language: from the browser, not from one more file.
function speak(Plotly) {
  const name = document.documentElement.lang;
  const words = (part, style, dates) => {
    const format = new Intl.DateTimeFormat(name, { [part]: style, timeZone: "UTC" });
    return dates.map((date) => format.format(date));
  };
  const months = Array.from({ length: 12 }, (_, month) => Date.UTC(2023, month, 15));
  const days = Array.from({ length: 7 }, (_, day) => Date.UTC(2023, 0, 1 + day)); // 1 January 2023 was a Sunday
  const signs = Object.fromEntries(
    new Intl.NumberFormat(name).formatToParts(1234567.8).map(({ type, value }) => [type, value]),
  );
  Plotly.register({
    moduleType: "locale",
    name,
    dictionary: {},
    format: {
      months: words("month", "long", months),
      shortMonths: words("month", "short", months),
      days: words("weekday", "long", days),
      shortDays: words("weekday", "short", days),
      decimal: signs.decimal,
      thousands: signs.group,
    },
  });
  return Plotly;
}

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const theme = () => document.documentElement.dataset.bsTheme || "light";

// A figure names roles and the theme's template says which colour each has: a trace by its meta, a shape by its name.
function paint({ data, layout }, roles) {
  for (const trace of data) {
    const colour = roles[trace.meta?.role];
    if (!colour) continue;
    trace.marker = { color: colour, ...trace.marker };
    if (trace.type === "scatter") trace.line = { color: colour, ...trace.line };
  }
  for (const shape of layout.shapes ?? []) {
    const colour = roles[shape.name];
    if (!colour) continue;
    if (shape.type === "line") shape.line = { color: colour, ...shape.line };
    else shape.fillcolor ??= colour;
  }
}

function figureOf(place, name) {
  const figure = read(place.dataset.figure);
  const template = read("chart-templates")[name];
  paint(figure, template.layout.meta.roles);
  const { height, ...layout } = figure.layout; // the place has the height already
  return { data: figure.data, layout: { ...layout, template, autosize: true } };
}

const config = () => ({
  displaylogo: false,
  displayModeBar: false,
  plotlyServerURL: "",
  responsive: true,
  scrollZoom: false,
  showSendToCloud: false,
  locale: document.documentElement.lang,
});

async function draw(place) {
  if (drawn.has(place)) return;
  drawn.add(place);
  try {
    const Plotly = await load(place.dataset.plotly);
    if (!place.isConnected) return;
    const { data, layout } = figureOf(place, theme());
    await Plotly.newPlot(place, data, layout, config());
    place.on("plotly_click", ({ points }) => follow(points[0]));
    place.dataset.drawn = "true";
    performance.mark("portal:chart-drawn");
  } catch (error) {
    drawn.delete(place);
    place.textContent = place.dataset.failed;
    console.warn(error);
  }
}

// A mark that stands for a row of a table leads to it.
function follow(point) {
  const href = point.customdata?.href;
  if (href) location.assign(href);
}

const soon = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      soon.unobserve(target);
      draw(target);
    }
  },
  { rootMargin: `${MARGIN}px 0px` },
);

function find(root) {
  const places = [...root.querySelectorAll("[data-chart]")];
  if (root.matches?.("[data-chart]")) places.push(root);
  for (const place of places) {
    // A chart that is in view does not wait for the observer's first report.
    if (place.getBoundingClientRect().top < innerHeight + MARGIN) draw(place);
    else soon.observe(place);
  }
}

async function redraw(name, size = {}) {
  if (!library) return;
  const Plotly = await library;
  for (const place of drawn) {
    if (!place.dataset.drawn) continue;
    const { data, layout } = figureOf(place, name);
    Plotly.react(place, data, { ...layout, ...size }, config());
  }
}

function forget(element) {
  if (!drawn.delete(element)) return;
  window.Plotly?.purge(element);
}

find(document);
document.addEventListener("portal:theme", () => redraw(theme()));
document.body.addEventListener("htmx:load", (event) => find(event.detail.elt));
document.body.addEventListener("htmx:beforeCleanupElement", (event) => forget(event.detail.elt));
document.body.addEventListener("toggle", (event) => event.target.open && find(event.target), true);
addEventListener("beforeprint", () => redraw("light", { width: PRINT_WIDTH, autosize: false }));
addEventListener("afterprint", () => redraw(theme()));
