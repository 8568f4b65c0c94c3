/* The behaviour of every page: theme, sortable tables, the plots of a leaderboard, the compare view.
   Data comes in global variables (BOARD, COMPARE) from scripts beside the page. Text is only ever set as text. */
"use strict";
(() => {
  const root = document.documentElement;
  const find = (id) => document.getElementById(id);
  const redraws = [];

  /* Theme: the system's until the button is used. Set here, before the page is painted. */

  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const remember = (value) => { try { localStorage.setItem("theme", value); } catch { /* not allowed: forget it */ } };
  const recall = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  if (["light", "dark"].includes(recall())) root.dataset.theme = recall();
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);
  const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  function themeButton() {
    const button = find("theme");
    const label = () => {
      button.textContent = isDark() ? "Light" : "Dark";
      button.setAttribute("aria-label", `Switch to the ${isDark() ? "light" : "dark"} theme`);
    };
    const changed = () => { label(); redraws.forEach((redraw) => redraw()); };
    button.hidden = false;
    label();
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      remember(root.dataset.theme);
      changed();
    });
    prefersDark.addEventListener("change", changed);
  }

  /* Sortable tables: a button in every header. Cells without a value come last, whatever the direction. */

  function element(name, text, classes) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (classes) made.className = classes;
    return made;
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (head.dataset.sort === "none") return;
      const button = element("button", undefined, "sort");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const direction = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
        heads.forEach((other) => { if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none"); });
        head.setAttribute("aria-sort", direction);
        sort(table.tBodies[0], column, direction === "ascending" ? 1 : -1, head.dataset.sort === "number");
      });
    });
  }

  function sort(body, column, sign, numeric) {
    const value = (row) => {
      const cell = row.cells[column];
      const text = (cell.dataset.v ?? cell.textContent).trim();
      const number = text === "" || Number.isNaN(Number(text)) ? null : Number(text);
      return { row, group: cell.dataset.g ?? "", number, text };
    };
    const order = (a, b) => {
      if (a.group !== b.group && a.group && b.group) return a.group < b.group ? -1 : 1;
      const [x, y] = numeric || (a.number !== null && b.number !== null) ? [a.number, b.number] : [a.text, b.text];
      const [noX, noY] = [x === null || x === "", y === null || y === ""];
      if (noX || noY) return noX - noY;
      return sign * (typeof x === "number" ? x - y : x.localeCompare(y, "en"));
    };
    body.append(...[...body.rows].map(value).sort(order).map((one) => one.row));
  }

  /* Axes. */

  function limits(low, high, log) {
    if (log) {
      const bottom = Math.max(low, 1e-3);
      const margin = Math.max((high / bottom) ** 0.05, 1.0002);
      return [bottom / margin, high * margin];
    }
    const margin = Math.max((high - low) * 0.05, 1e-4);
    return [low - margin, high + margin];
  }

  /* Round numbers for a logarithmic axis: powers of ten alone say nothing about one from 8 to 20. */
  function logTicks(low, high) {
    for (const digits of [[1], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]]) {
      const ticks = [];
      for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
        for (const digit of digits) {
          const tick = Number((digit * 10 ** power).toPrecision(6));
          if (tick >= low && tick <= high) ticks.push(tick);
        }
      }
      if (ticks.length >= 4) return ticks;
    }
    return linearTicks(low, high);
  }

  function linearTicks(low, high) {
    const power = 10 ** Math.floor(Math.log10(high - low));
    const step = [0.1, 0.2, 0.25, 0.5, 1, 2].map((k) => k * power).find((one) => (high - low) / one <= 6) ?? 5 * power;
    const ticks = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k += 1) ticks.push(Number((k * step).toPrecision(10)));
    return ticks;
  }

  const fewer = (ticks, space) => {
    const most = Math.max(2, Math.floor(space));
    return ticks.length <= most ? ticks : ticks.filter((_, k) => k % Math.ceil(ticks.length / most) === 0);
  };

  function axis(label, log, vertical) {
    const font = "12px " + (getComputedStyle(document.body).fontFamily || "sans-serif");
    return {
      label, labelFont: font, font, labelSize: 22, labelGap: 2, size: vertical ? 56 : 34, stroke: color("--quiet"),
      grid: { show: vertical, stroke: color("--faint"), width: 1 }, ticks: { stroke: color("--rule"), width: 1, size: 5 },
      splits: (u, _, low, high) => fewer((log ? logTicks : linearTicks)(low, high), vertical ? 8 : u.bbox.width / devicePixelRatio / 55),
      filter: (_, ticks) => ticks, // else a logarithmic axis leaves out all but powers of ten
      values: (_, ticks) => ticks.map((tick) => String(Number(tick.toPrecision(6)))),
    };
  }

  /* From the best value to the worst of nine tenths: one lucky corner must not flatten all the rest. */
  function inner(values, upwards) {
    const sorted = [...values].sort((a, b) => a - b);
    const cut = Math.floor(sorted.length / 10);
    return upwards ? [sorted[cut], sorted[sorted.length - 1]] : [sorted[0], sorted[sorted.length - 1 - cut]];
  }

  const faded = (hex, alpha) => hex + Math.round(alpha * 255).toString(16).padStart(2, "0");
  const height = (place) => (place.clientWidth < 480 ? 290 : 370);

  /* A chart in a place, made anew by draw() whenever what it shows changes. */
  class Chart {
    constructor(place, options) {
      this.place = place;
      this.options = options;
      new ResizeObserver(() => {
        if (this.u && this.u.width !== place.clientWidth) this.u.setSize({ width: place.clientWidth, height: height(place) });
      }).observe(place);
      redraws.push(() => this.draw());
    }

    draw() {
      this.u?.destroy();
      const { data, options } = this.options();
      this.tip = element("div", undefined, "tip");
      this.tip.hidden = true;
      this.u = new uPlot({ ...options, width: this.place.clientWidth, height: height(this.place), legend: { show: false } }, data, this.place);
      this.u.over.append(this.tip);
      this.place.chart = this.u;
    }

    /* Beside the cursor, on the side where there is room. */
    say(name, value, where, left, top) {
      this.tip.replaceChildren(element("b", name), element("span", value), element("br"), element("i", where));
      this.tip.hidden = false;
      const room = this.u.over.clientWidth;
      const width = this.tip.offsetWidth;
      this.tip.style.left = `${left + width + 20 > room ? Math.max(0, left - width - 12) : left + 12}px`;
      this.tip.style.top = `${Math.max(0, top - this.tip.offsetHeight - 10)}px`;
    }
  }

  const checked = (name) => document.querySelector(`input[name="${name}"]:checked`)?.value;

  /* Trajectories. */

  function trajectories(board, visible, onToggle) {
    const place = find("trajectory-plot");
    const reader = find("reader");
    const boxes = [...document.querySelectorAll("[data-line]")];
    const cells = [...document.querySelectorAll("[data-value]")];
    const state = () => ({
      axis: checked("axis"), logX: checked("x-scale") === "log", logY: checked("y-scale") === "log",
      view: checked("view") ?? "full", band: find("band").checked,
    });
    let now;
    let xs;
    let offset;
    let pinned;

    const traceOf = (line) => board.lines[line].traces[now.view][now.axis];
    const text = (line, index) => {
      const trace = traceOf(line);
      const [mean, error] = [trace.mean[index + offset], trace.error[index + offset]];
      if (mean === undefined || index === xs.length - 1) return board.lines[line].final[now.view] + (mean === undefined ? " (ended)" : "");
      const settled = index + offset >= trace.settled && error !== null;
      return mean.toFixed(board.digits) + (settled ? ` ± ${error.toFixed(board.digits)}` : "");
    };
    const where = (index) => `${Number(xs[index].toPrecision(4))} ${now.axis === "time" ? "mean full evaluations" : "evaluations"}`;
    const write = (index, near) => {
      cells.forEach((cell) => {
        const line = Number(cell.dataset.value);
        cell.textContent = text(line, index);
        cell.closest("tr").classList.toggle("near", line === near);
      });
      find("read-label").textContent = index === xs.length - 1 ? "Values at the end" : `Values at ${Number(xs[index].toPrecision(4))}`;
    };

    function moved(u) {
      if (!chart.tip || pinned) return;
      const { idx, left, top } = u.cursor;
      if (idx === null || idx === undefined || left < 0) {
        chart.tip.hidden = true;
        write(Number(reader.value), -1);
        return;
      }
      let near = -1;
      let best = Infinity;
      for (const line of visible) {
        const mean = traceOf(line).mean[idx + offset];
        const away = mean === undefined ? Infinity : Math.abs(u.valToPos(mean, "y") - top);
        if (away < best) [near, best] = [line, away];
      }
      write(idx, near);
      chart.tip.hidden = near < 0;
      if (near >= 0) chart.say(board.lines[near].name, text(near, idx), `at ${where(idx)}`, left, top);
    }

    const chart = new Chart(place, () => {
      now = state();
      const over = board.axes[now.axis];
      const first = over.points.findIndex((x) => x >= (now.logX ? over.first : 0));
      const sameAxis = xs && reader.dataset.axis === now.axis;
      const before = sameAxis ? xs[Number(reader.value)] : undefined;
      offset = first;
      xs = over.points.slice(first);
      reader.max = xs.length - 1;
      reader.dataset.axis = now.axis;
      const kept = before === undefined ? xs.length - 1 : xs.findIndex((x) => x >= before);
      reader.value = kept < 0 ? xs.length - 1 : kept;

      const stepped = uPlot.paths.stepped({ align: 1 });
      const data = [xs];
      const series = [{}];
      const bands = [];
      let [low, high] = [Infinity, -Infinity];
      for (const line of [...visible].sort((a, b) => b - a)) {
        const trace = traceOf(line);
        const shade = color(`--c${board.lines[line].color}`);
        const pick = (sign) => xs.map((_, k) => {
          const [mean, error] = [trace.mean[k + offset], trace.error[k + offset]];
          if (mean === undefined || (sign && (k + offset < trace.settled || error === null))) return null;
          return mean + sign * (error ?? 0);
        });
        const [mean, below, above] = [pick(0), pick(-1), pick(1)];
        data.push(mean, below, above);
        series.push(
          { stroke: shade, width: 1.8, dash: board.lines[line].dashes, paths: stepped, points: { show: false } },
          { stroke: "transparent", width: 0, paths: stepped, points: { show: false } },
          { stroke: "transparent", width: 0, paths: stepped, points: { show: false } },
        );
        if (now.band) bands.push({ series: [series.length - 1, series.length - 2], fill: faded(shade, 0.16) });
        for (let k = Math.max(0, trace.settled - offset); k < xs.length; k += 1) {
          if (mean[k] === null) break;
          low = Math.min(low, below[k] ?? mean[k]);
          high = Math.max(high, above[k] ?? mean[k]);
        }
      }
      if (low > high) [low, high] = [1, 10];
      const range = limits(low, high, now.logY);
      place.dataset.lines = visible.size;
      return {
        data,
        options: {
          series, bands, padding: [10, 14, 0, 0],
          scales: {
            x: { time: false, distr: now.logX ? 3 : 1, range: () => [xs[0], xs[xs.length - 1]] },
            y: { distr: now.logY ? 3 : 1, range: () => range },
          },
          axes: [axis(over.label, now.logX, false), axis(board.label, now.logY, true)],
          cursor: { drag: { x: false, y: false }, points: { show: false } },
          hooks: { setCursor: [moved], ready: [() => { pinned = false; }] },
        },
      };
    });

    function read() {
      const index = Number(reader.value);
      reader.setAttribute("aria-valuetext", where(index));
      find("reader-at").textContent = where(index);
      write(index, -1);
    }
    function draw() {
      pinned = true;
      chart.draw();
      pinned = false;
      read();
    }
    function toggled() {
      boxes.forEach((box) => {
        box.checked = visible.has(Number(box.dataset.line));
        box.closest("tr").classList.toggle("off", !box.checked);
      });
      find("lines-shown").textContent = `${visible.size} of ${boxes.length} methods in the plot`;
      draw();
      onToggle();
    }

    find("plot-controls").addEventListener("change", draw);
    reader.addEventListener("input", () => {
      read();
      pinned = true;
      chart.u.setCursor({ left: chart.u.valToPos(xs[Number(reader.value)], "x"), top: 0 });
      chart.tip.hidden = true;
      pinned = false;
    });
    boxes.forEach((box) => box.addEventListener("change", () => {
      const line = Number(box.dataset.line);
      if (box.checked) visible.add(line); else visible.delete(line);
      toggled();
    }));
    find("show-all").addEventListener("click", () => { board.lines.forEach((_, k) => visible.add(k)); toggled(); });
    find("show-none").addEventListener("click", () => { visible.clear(); toggled(); });
    toggled();
  }

  /* Pareto fronts: every line has points of its own, joined into one table with gaps that are drawn over. */

  function fronts(board, visible) {
    const place = find("front-plot");
    const all = board.fronts;
    let shown = [];
    const chart = new Chart(place, () => {
      const level = checked("level");
      const log = checked("front-scale") === "log";
      shown = [...visible].sort((a, b) => b - a).filter((line) => (all.lines[line][level] ?? [[]])[0].length);
      const tables = shown.map((line) => all.lines[line][level]);
      const data = tables.length ? uPlot.join(tables) : [[0, 1]];
      const stepped = uPlot.paths.stepped({ align: all.ahead ? 1 : -1 });
      const xs = tables.flatMap((one) => one[0]);
      const ys = tables.flatMap((one) => one[1]);
      const span = xs.length ? limits(Math.min(...xs), Math.max(...xs), log) : [1, 10];
      const range = ys.length ? limits(...inner(ys, all.upwards), false) : [0, 1];
      place.dataset.lines = shown.length;
      return {
        data,
        options: {
          padding: [10, 14, 0, 0],
          series: [{}, ...shown.map((line) => {
            const shade = color(`--c${board.lines[line].color}`);
            return {
              stroke: shade, width: 1.8, dash: board.lines[line].dashes, paths: stepped, spanGaps: true,
              points: { show: true, size: 5, width: 1, stroke: shade, fill: color("--paper") },
            };
          })],
          scales: { x: { time: false, distr: log ? 3 : 1, range: () => span }, y: { range: () => range } },
          axes: [axis(all.x, log, false), axis(all.y, false, true)],
          cursor: { drag: { x: false, y: false }, points: { show: false } },
          hooks: { setCursor: [(u) => moved(u, tables)] },
        },
      };
    });

    /* The corner nearest to the cursor, of any line. */
    function moved(u, tables) {
      const { left, top } = u.cursor;
      if (!chart.tip) return;
      let best = { away: 40 };
      tables.forEach((table, k) => table[0].forEach((x, i) => {
        const away = Math.hypot(u.valToPos(x, "x") - left, u.valToPos(table[1][i], "y") - top);
        if (away < best.away) best = { away, line: shown[k], x, y: table[1][i] };
      }));
      chart.tip.hidden = left < 0 || best.line === undefined;
      if (!chart.tip.hidden) {
        const number = (value) => String(Number(value.toPrecision(5)));
        chart.say(board.lines[best.line].name, `${all.y} ${number(best.y)}`, `${all.x} ${number(best.x)}`, left, top);
      }
    }

    find("front-controls").addEventListener("change", () => chart.draw());
    chart.draw();
    return () => chart.draw();
  }

  /* The compare view. */

  function compare(data) {
    const selects = [find("first"), find("second")];
    const slugs = data.methods.map((method) => method[2]);
    const wanted = new URLSearchParams(location.hash.slice(1));
    const initial = [slugs.indexOf(wanted.get("a")), slugs.indexOf(wanted.get("b"))];
    if (initial[0] < 0) initial[0] = 0;
    if (initial[1] < 0) initial[1] = slugs.findIndex((_, k) => k !== initial[0] && shared(k, initial[0]).length);
    if (initial[1] < 0) initial[1] = initial[0];
    selects.forEach((select, k) => { select.value = slugs[initial[k]]; });

    function shared(a, b) {
      return data.boards.filter((board) => [a, b].every((method) => board.entries.some((one) => one[0] === method)));
    }
    const triangle = (i, j, n) => i * n - (i * (i + 1)) / 2 + j - i - 1;
    const cell = (text, value, classes) => {
      const made = element("td", text, classes);
      if (value !== undefined) made.dataset.v = value ?? "";
      return made;
    };

    function rowOf(board, a, b) {
      const [i, j] = [a, b].map((method) => board.entries.findIndex((one) => one[0] === method));
      const [first, second] = [board.entries[i], board.entries[j]];
      const row = element("tr");
      const head = element("th");
      head.scope = "row";
      const link = element("a", board.title);
      link.href = board.page;
      head.append(link);
      row.append(head, ...[first, second].map((one) => cell(one[1], parseFloat(one[1]), "num")));
      row.children[1].dataset.g = row.children[2].dataset.g = board.label;
      const at = i === j ? -1 : triangle(Math.min(i, j), Math.max(i, j), board.entries.length);
      const p = i === j ? 1 : board.p[at];
      if (p === null) {
        const why = cell(`the test needs ${board.needed} shared seeds`, "", "quiet");
        row.append(cell("–", null, "num"), cell("–", null, "num p"), cell(String(board.seeds[at]), board.seeds[at], "num"), why);
        return { row };
      }
      const difference = i === j ? 0 : (i < j ? 1 : -1) * board.differences[at];
      const error = i === j ? 0 : board.errors[at];
      const sign = difference > 0 ? "+" : difference < 0 ? "−" : "";
      const shownError = error === null ? "" : ` ± ${error.toFixed(board.digits)}`;
      const winner = difference === 0 ? undefined : difference > 0 === board.maximize ? a : b;
      const told = p <= 0.05;
      row.append(
        cell(sign + Math.abs(difference).toFixed(board.digits) + shownError, difference, "num"),
        cell(p.toFixed(4), p, "num p"),
        i === j ? cell("", null, "num") : cell(String(board.seeds[at]), board.seeds[at], "num"),
        cell(winner === undefined ? "same" : data.methods[winner][0], undefined, "verdict"),
      );
      row.children[3].dataset.g = board.label;
      row.classList.toggle("told", told);
      return { row, winner, told };
    }

    function show() {
      const [a, b] = selects.map((select) => slugs.indexOf(select.value));
      const rows = shared(a, b).map((board) => rowOf(board, a, b));
      find("head-first").querySelector("button").textContent = data.methods[a][0];
      find("head-second").querySelector("button").textContent = data.methods[b][0];
      document.querySelectorAll(".comparison [aria-sort]").forEach((head) => head.setAttribute("aria-sort", "none"));
      find("comparison").replaceChildren(...rows.map((one) => one.row));
      const count = (method) => rows.filter((one) => one.winner === method);
      const part = (method) => `${data.methods[method][0]} is better on ${count(method).length} (p ≤ 0.05 on ${count(method).filter((one) => one.told).length})`;
      find("verdict").textContent = a === b
        ? "Choose two different methods."
        : rows.length === 0
          ? "These two methods share no leaderboard."
          : `${rows.length} shared leaderboard${rows.length === 1 ? "" : "s"}: ${part(a)}, ${part(b)}.`;
      const hash = new URLSearchParams({ a: slugs[a], b: slugs[b] });
      try { history.replaceState(null, "", `#${hash}`); } catch { /* some browsers forbid it for files */ }
    }
    selects.forEach((select) => select.addEventListener("change", show));
    find("swap").addEventListener("click", () => {
      [selects[0].value, selects[1].value] = [selects[1].value, selects[0].value];
      show();
    });
    show();
  }

  document.addEventListener("DOMContentLoaded", () => {
    themeButton();
    document.querySelectorAll("table.sortable").forEach(sortable);
    if (window.BOARD) {
      const visible = new Set(window.BOARD.lines.flatMap((line, k) => (line.visible ? [k] : [])));
      let redrawFronts = () => {};
      trajectories(window.BOARD, visible, () => redrawFronts());
      if (window.BOARD.fronts) redrawFronts = fronts(window.BOARD, visible);
    }
    if (window.COMPARE && find("compare")) compare(window.COMPARE);
    root.dataset.ready = "yes";
    performance.mark("interactive");
  });
})();
