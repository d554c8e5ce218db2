// Draws the charts that the page describes, in the page's colours; a drag over the bars chooses a range.
"use strict";

// Bokeh puts style elements into its own shadow trees. Each gets the nonce that the page's policy allows, so
// that the policy needs no `unsafe-inline`. This file therefore comes before Bokeh's.
const nonce = document.currentScript.nonce;
const createElement = Document.prototype.createElement;
Document.prototype.createElement = function (name, options) {
  const element = createElement.call(this, name, options);
  if (nonce && String(name).toLowerCase() === "style") element.nonce = nonce;
  return element;
};

const drawn = new Map(); // element → { view, edges }

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function paint(plot) {
  for (const renderer of plot.renderers) {
    const data = renderer.data_source.data;
    if (renderer.name === "earlier") {
      renderer.glyph.line_color = { value: colour("ink") };
    } else if (renderer.name === "line") {
      renderer.glyph.line_color = { value: colour(data.swatch[0]) };
    } else {
      renderer.data_source.data = { ...data, fill: [...data.swatch].map(colour) };
    }
  }
  for (const axis of [...plot.left, ...plot.below]) {
    if ("major_label_text_color" in axis) {
      axis.major_label_text_color = colour("muted");
      axis.major_label_text_font = colour("font");
    }
  }
  for (const part of plot.center) {
    if (part.name === "provisional") part.fill_color = colour("warn");
    else if (part.name === "boundary") part.line_color = colour("warn");
    else if (part.name === "boundary-label") part.text_color = colour("warn");
    else if ("grid_line_color" in part && part.grid_line_color !== null) part.grid_line_color = colour("line");
  }
}

// Labels that would touch are left out, evenly, and so that days stay named.
function thin(place, view, all) {
  const [axis] = view.model.below;
  const step = Math.ceil((all.length * 62) / Math.max(place.clientWidth - 70, 1));
  const label = (tick) => axis.major_label_overrides.get(tick) ?? "";
  const day = Math.max(all.findIndex((tick) => !/^\d\d:\d\d$/.test(label(tick))), 0);
  axis.ticker.ticks = all.filter((_, index) => (index - day) % step === 0);
}

function zoomed(edges, range) {
  const low = Math.max(0, Math.floor(range.start + 0.05));
  const high = Math.min(edges.length - 1, Math.ceil(range.end - 0.05));
  return low < high && high - low < edges.length - 1 ? [edges[low], edges[high]] : null;
}

// A drag changes the axis; the page of that range follows once it is over.
function watchZoom(plot, edges) {
  let timer = 0;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const ends = zoomed(edges, plot.x_range);
      if (!ends) return;
      const address = new URL(location.href);
      address.searchParams.set("from", ends[0]);
      address.searchParams.set("to", ends[1]);
      address.searchParams.delete("page");
      location.assign(address);
    }, 150);
  };
  plot.x_range.properties.start.change.connect(changed);
  plot.x_range.properties.end.change.connect(changed);
}

async function draw(place) {
  const { item, edges } = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  place.replaceChildren();
  const views = await Bokeh.embed.embed_item(item, place);
  const [view] = [...views.roots];
  const plot = view.model;
  drawn.set(place, view);
  paint(plot);
  const ticks = [...plot.below[0].ticker.ticks];
  new ResizeObserver(() => thin(place, view, ticks)).observe(place);
  if (place.hasAttribute("data-zoom")) watchZoom(plot, edges);
}

function drawAll() {
  for (const place of [...drawn.keys()].filter((place) => !place.isConnected)) drawn.delete(place);
  for (const place of document.querySelectorAll("[data-chart]")) draw(place);
}

async function save(event) {
  const button = event.target.closest("[data-save]");
  if (!button) return;
  const { canvas: chart } = drawn.get(document.getElementById(button.dataset.save)).export("png");
  const picture = document.createElement("canvas");
  [picture.width, picture.height] = [chart.width, chart.height];
  const pen = picture.getContext("2d");
  pen.fillStyle = colour("card"); // the chart itself has no ground
  pen.fillRect(0, 0, picture.width, picture.height);
  pen.drawImage(chart, 0, 0);
  const blob = await new Promise((done) => picture.toBlob(done));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = button.dataset.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const repaint = () => { for (const view of drawn.values()) paint(view.model); };
document.addEventListener("DOMContentLoaded", drawAll);
document.addEventListener("redraw", drawAll);
document.addEventListener("theme", repaint);
document.addEventListener("click", save);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
