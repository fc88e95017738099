// Draws every [data-chart] from the figure that stands beside it as JSON, when it comes near the viewport.
// The library is large, so only a page that shows a chart pays for it. The colours of series come from look.css
// by role, the rest from the template of the theme: a figure says what it shows and never how it looks.

const MARGIN = 400; // px below the fold at which drawing starts
const PRINT_WIDTH = 680;
const TICK = 64; // px for the name of a day and a gap
const LETTER = 6; // px of one in a band's name
const SCALE = 64; // px that the numbers beside the picture take
const drawn = new Set();
let library;

function load(source) {
  library ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(speak(window.Plotly));
    // The head of a page with charts asks for it already. Once the page is complete that has come to an end.
    const early = document.readyState === "complete" ? null : document.querySelector("script[data-library]");
    const script = early ?? document.createElement("script");
    script.onload = () => resolve(speak(window.Plotly));
    script.onerror = () => {
      library = undefined; // the next chart may try again
      script.remove();
      reject(new Error("the chart library did not load"));
    };
    if (!early) {
      script.src = source;
      document.head.append(script);
    }
  });
  return library;
}

// Names of months, the order in dates and the signs in numbers, in the page's language: from the browser, which knows
// them, not from one more file.
const PARTS = { day: "%-d", month: "%b", year: "%Y" };

function speak(Plotly) {
  const name = document.documentElement.lang;
  const order = name === "en" ? "en-GB" : name; // plain English dates are written day first, as on the server
  const words = (part, style, moments) => {
    const format = new Intl.DateTimeFormat(order, { [part]: style, timeZone: "UTC" });
    return moments.map((moment) => format.format(moment));
  };
  const pattern = (...parts) =>
    new Intl.DateTimeFormat(order, Object.fromEntries(parts.map((part) => [part, part === "month" ? "short" : "numeric"])))
      .formatToParts(0)
      .map(({ type, value }) => PARTS[type] ?? value)
      .join("");
  const months = Array.from({ length: 12 }, (_, month) => Date.UTC(2023, month, 15));
  const days = Array.from({ length: 7 }, (_, day) => Date.UTC(2023, 0, 1 + day)); // 1 January 2023 was a Sunday
  const signs = Object.fromEntries(
    new Intl.NumberFormat(name).formatToParts(1234567.8).map(({ type, value }) => [type, value]),
  );
  const date = pattern("day", "month", "year");
  Plotly.register({
    moduleType: "locale",
    name,
    dictionary: {},
    format: {
      months: words("month", "long", months),
      shortMonths: words("month", "short", months),
      days: words("weekday", "long", days),
      shortDays: words("weekday", "short", days),
      periods: ["AM", "PM"],
      date,
      time: "%H:%M:%S",
      dateTime: `${date} %H:%M:%S`,
      year: "%Y",
      month: pattern("month", "year"),
      dayMonth: pattern("day", "month"),
      dayMonthYear: date,
      decimal: signs.decimal,
      thousands: signs.group,
      grouping: [3],
      currency: ["", ""],
    },
  });
  return Plotly;
}

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const theme = () => document.documentElement.dataset.bsTheme || "light";

// A trace names its role and the style sheet says which colour that role has in this theme.
function paint(trace, colours) {
  const colour = trace.meta?.role && colours.getPropertyValue(`--data-${trace.meta.role}`).trim();
  if (!colour) return;
  trace.marker = { color: colour, ...trace.marker };
  if (trace.type === "scatter") trace.line = { color: colour, ...trace.line };
}

// On a phone as many of the days named below the bars as stand beside each other.
function thin(axis, width) {
  if (!axis?.tickvals || !width) return;
  const step = Math.ceil((axis.tickvals.length * TICK) / width);
  const kept = (_, index) => index % step === 0;
  axis.tickvals = axis.tickvals.filter(kept);
  axis.ticktext = axis.ticktext.filter(kept);
}

// The name of a band begins at one of its edges and never leaves the picture: what has no room is cut, and stands whole in
// the sentence above. An escaped sign is cut as a whole.
function shorten(layout, width) {
  if (!layout.xaxis?.range || !width) return;
  const [from, until] = layout.xaxis.range.map(Date.parse);
  for (const { x0, x1, label } of layout.shapes ?? []) {
    if (!label?.text || !label.textposition?.startsWith("top")) continue;
    const days = label.textposition.endsWith("right") ? Date.parse(x1) - from : until - Date.parse(x0);
    const room = Math.floor(((days / (until - from)) * (width - SCALE)) / LETTER);
    if (label.text.length <= room) continue;
    label.text = `${label.text.slice(0, Math.max(room - 1, 1)).replace(/&[^;]*$/, "").trimEnd()}…`;
  }
}

function figureOf(place, name) {
  const { data, layout } = read(place.dataset.figure);
  const colours = getComputedStyle(place);
  for (const trace of data) paint(trace, colours);
  delete layout.height; // the place has it already
  if ("hasLegend" in place.dataset) layout.showlegend = false; // the page has one
  if (layout.showlegend === false) layout.margin = { t: 12, ...layout.margin };
  thin(layout.xaxis, place.clientWidth);
  shorten(layout, place.clientWidth);
  return { data, layout: { ...layout, template: read("chart-templates")[name], autosize: true } };
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
    // A chart that is in view does not wait for the observer's first report; one further down is prepared for.
    if (place.getBoundingClientRect().top < innerHeight + MARGIN) {
      draw(place);
    } else {
      soon.observe(place);
      addEventListener("load", () => setTimeout(load, 0, place.dataset.plotly), { once: true });
    }
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
addEventListener("beforeprint", () => {
  document.documentElement.classList.add("printing");
  redraw("light", { width: PRINT_WIDTH, autosize: false });
});
addEventListener("afterprint", () => {
  document.documentElement.classList.remove("printing");
  redraw(theme());
});
