// The page: a pad to draw on or drop a picture on, and what the network makes of it.
(async () => {
  const get = (id) => document.getElementById(id);
  const { program, module } = globalThis.parts;
  const { classes, shape } = program;
  const network = await openNetwork(module, classes.length);

  const pad = get("pad"), frame = get("frame"), ink = pad.getContext("2d", { willReadFrequently: true });
  const fit = 560 / Math.max(shape.width, shape.height);
  pad.width = Math.max(1, Math.round(shape.width * fit));
  pad.height = Math.max(1, Math.round(shape.height * fit));
  const nib = Math.min(pad.width, pad.height) / 11;
  const number = (value) => value.toLocaleString("en").replace("-", "\u2212");
  const now = { picture: null, pixels: null, index: -1, scores: null };

  // ---- what the pad holds

  function clear() {
    now.picture = null;
    ink.clearRect(0, 0, pad.width, pad.height);
    frame.className = "drawing";
    say("");
    prefer(true);
    changed();
  }

  /** Set the boxes as a drawing or a picture needs them: a picture is taken as `lbpnet predict` takes it. */
  function prefer(drawing) {
    get("centre").checked = drawing;
    get("invert").checked = false;
  }

  function line(from, to) {
    if (now.picture) clear();
    frame.classList.add("inked");
    ink.lineWidth = nib;
    ink.strokeStyle = "#1d1f23"; // opacity counts, colour does not
    ink.lineCap = ink.lineJoin = "round";
    ink.beginPath();
    ink.moveTo(from.x, from.y);
    ink.lineTo(to.x + 0.01, to.y); // a line of no length would draw no dot
    ink.stroke();
    changed();
  }

  async function take(file) {
    if (!file) return;
    if (shape.channels !== 1 && shape.channels !== 3) {
      say(`A picture is grey or colour; this network takes ${shape.channels} channels.`);
      return;
    }
    try {
      const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
      const { width, height } = bitmap;
      const sheet = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
      sheet.fillRect(0, 0, width, height); // transparent parts become black
      sheet.drawImage(bitmap, 0, 0);
      const picture = fromColour(sheet.getImageData(0, 0, width, height).data, width, height, shape.channels);
      clear();
      now.picture = picture;
      frame.className = "inked";
      ink.drawImage(sheet.canvas, 0, 0, pad.width, pad.height);
      prefer(false);
      say(file.name ? `${file.name}, ${width} × ${height}` : `${width} × ${height}`);
      changed();
    } catch (error) {
      say(`${file.name || "This"} cannot be read as a picture.`);
    }
  }

  const say = (text) => { get("status").textContent = text; };

  // ---- from the pad to the scores

  let waiting = false, settled = 0;
  function changed() {
    if (!waiting) requestAnimationFrame(classify);
    waiting = true;
    clearTimeout(settled);
    settled = setTimeout(measure, 250);
  }

  function classify() {
    waiting = false;
    const { width, height } = pad;
    const source = now.picture ?? fromInk(ink.getImageData(0, 0, width, height).data, width, height, shape.channels);
    const options = { centre: get("centre").checked, invert: get("invert").checked };
    now.pixels = networkPixels(source, shape, options);
    Object.assign(now, network.predict(now.pixels));
    showScores(frame.classList.contains("inked"));
    showMaps(computeMaps(program.nodes, now.pixels));
  }

  function measure() {
    const time = network.microseconds();
    get("time").textContent = time < 10 ? time.toFixed(1) : number(Math.round(time));
  }

  // ---- scores

  const words = classes.some((name) => name.length > 3);
  const rows = classes.slice(0, 12).map(() => {
    const row = document.createElement("li");
    const [name, track, bar, value] = ["b", "span", "i", "data"].map((tag) => document.createElement(tag));
    track.append(bar);
    row.append(name, track, value);
    get("scores").append(row);
    return { row, name, track, bar, value };
  });

  function showScores(inked) {
    const scores = [...now.scores], answer = get("answer");
    const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
    answer.textContent = inked ? classes[now.index] : "–";
    answer.className = inked ? (words ? "word" : "") : "none";
    const ahead = scores[order[0]] - scores[order[1]];
    get("margin").textContent = inked ? `ahead of ${classes[order[1]]} by ${number(ahead)}` : "\u00a0";
    // All classes in their order where they are few, else the best.
    const shown = scores.length > rows.length ? order.slice(0, rows.length) : [...scores.keys()];
    const low = Math.min(0, ...scores), span = Math.max(0, ...scores) - low || 1;
    const percent = (score) => `${(100 * (score - low)) / span}%`;
    rows.forEach(({ row, name, track, bar, value }, i) => {
      const index = shown[i], score = inked ? scores[index] : 0;
      row.className = inked && index === now.index ? "first" : "";
      name.textContent = name.title = classes[index];
      value.value = score;
      value.textContent = inked ? number(score) : "";
      track.style.setProperty("--zero", percent(0));
      bar.style.setProperty("--from", percent(Math.min(0, score)));
      bar.style.setProperty("--long", `${(100 * Math.abs(score)) / span}%`);
    });
  }

  // ---- maps

  const figures = program.stages.map(({ node, title, caption: detail, high }) => {
    const figure = document.createElement("div"), caption = document.createElement("p");
    const canvas = document.createElement("canvas"), name = document.createElement("b");
    figure.className = "maps";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${title}: ${detail}`);
    name.textContent = title;
    caption.append(name, detail);
    figure.append(caption, canvas);
    get("maps").append(figure);
    return { node, high, canvas, context: canvas.getContext("2d") };
  });

  /** 256 shades from the sheet's tint to the accent, RGBA. */
  function shades() {
    const style = getComputedStyle(document.documentElement);
    const [from, to] = ["--tint", "--accent"].map((name) =>
      style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/gi).map((digits) => parseInt(digits, 16)));
    const mix = (i) => [...from.map((value, c) => Math.round(value + ((to[c] - value) * i) / 255)), 255];
    return Array.from({ length: 256 }, (_, i) => mix(i));
  }

  const tile = document.createElement("canvas"), tileContext = tile.getContext("2d");

  function showMaps(values) {
    const palette = shades(), dots = window.devicePixelRatio || 1;
    for (const { node, high, canvas, context } of figures) {
      const { channels, height, width, maps } = values[node];
      const shown = Math.min(channels, program.tiles), room = Math.floor(canvas.parentElement.clientWidth * dots);
      // A map's pixel is a whole number of the screen's; rows are as wide as the page, gaps take what is left.
      const scale = Math.max(1, Math.round(((channels > 3 ? 44 : 88) * dots) / width));
      const [wide, tall, gap] = [width * scale, height * scale, Math.round(3 * dots)];
      const across = Math.max(1, Math.floor((room + gap) / (wide + gap)));
      const step = shown > across && across > 1 ? (room - wide) / (across - 1) : wide + gap;
      canvas.width = Math.min(shown, across) === across ? Math.max(room, wide) : shown * step - gap;
      const fall = tall + Math.round(step) - wide;
      canvas.height = Math.ceil(shown / across) * fall - (fall - tall);
      canvas.style.width = `${canvas.width / dots}px`;
      context.imageSmoothingEnabled = false;
      tile.width = width;
      tile.height = height;
      const image = tileContext.createImageData(width, height), area = width * height;
      for (let k = 0; k < shown; k++) {
        for (let p = 0; p < area; p++) image.data.set(palette[Math.floor((maps[k * area + p] * 255) / high)], 4 * p);
        tileContext.putImageData(image, 0, 0);
        context.drawImage(tile, Math.round((k % across) * step), Math.floor(k / across) * fall, wide, tall);
      }
    }
  }

  // ---- the budget

  const kinds = Object.entries(program.operations).filter(([, count]) => count);
  for (const [kind, count] of kinds) {
    const part = document.createElement("li"), amount = document.createElement("b");
    part.style.flex = `${count} 1 0`;
    amount.textContent = number(count);
    part.append(amount, kind.replace("_", "-"));
    get("operations").append(part);
  }

  // ---- mouse, touch, pen

  const pens = new Map();
  const place = (event) => {
    const box = pad.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) * pad.width) / box.width,
      y: ((event.clientY - box.top) * pad.height) / box.height,
    };
  };
  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pad.setPointerCapture(event.pointerId);
    const at = place(event);
    pens.set(event.pointerId, at);
    line(at, at);
  });
  pad.addEventListener("pointermove", (event) => {
    if (!pens.has(event.pointerId)) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const step of passed.length ? passed : [event]) {
      const at = place(step);
      line(pens.get(event.pointerId), at);
      pens.set(event.pointerId, at);
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    pad.addEventListener(end, (event) => pens.delete(event.pointerId));
  }

  // ---- keyboard

  const cursor = { x: pad.width / 2, y: pad.height / 2, down: false };
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  function showCursor() {
    get("cursor").style.left = `${(100 * cursor.x) / pad.width}%`;
    get("cursor").style.top = `${(100 * cursor.y) / pad.height}%`;
    get("cursor").classList.toggle("down", cursor.down);
  }
  pad.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (event.key === " " && !event.repeat) {
      cursor.down = !cursor.down;
      if (cursor.down) line(cursor, cursor);
      say(cursor.down ? "Pen down" : "Pen up");
    } else if (arrow) {
      const step = Math.min(pad.width, pad.height) / (event.shiftKey ? 80 : 20), from = { ...cursor };
      cursor.x = Math.min(pad.width, Math.max(0, cursor.x + step * arrow[0]));
      cursor.y = Math.min(pad.height, Math.max(0, cursor.y + step * arrow[1]));
      if (cursor.down) line(from, cursor);
    }
    if (event.key === " " || arrow) event.preventDefault();
    showCursor();
  });
  pad.addEventListener("blur", () => { cursor.down = false; showCursor(); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    cursor.down = false;
    showCursor();
    clear();
  });

  // ---- controls, pictures

  get("clear").addEventListener("click", clear);
  for (const box of ["centre", "invert"]) get(box).addEventListener("change", changed);
  get("file").addEventListener("change", (event) => {
    take(event.target.files[0]);
    event.target.value = "";
  });
  document.addEventListener("paste", (event) => take(event.clipboardData.files[0]));
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      frame.classList.toggle("over", kind === "dragover");
      if (kind === "drop") take(event.dataTransfer.files[0]);
    });
  }
  addEventListener("resize", changed);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);

  // What is on the page, for who asks: { picture, pixels, index, scores }.
  globalThis.lbpnet = now;
  showCursor();
  clear();
})();
