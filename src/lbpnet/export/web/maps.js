// What the maps of a program's nodes are: docs/program.md in JavaScript, for looking at; scores come from the module.

const MEANINGS = {
  Shrink(node, [x]) {
    const shift = 2 * Math.log2(node.factor);
    return blocks(x, node.factor, (sum, value) => sum + value, (sum) => sum >> shift);
  },
  MaxPool: (node, [x]) => blocks(x, node.size, Math.max, (most) => most),
  Join(_, inputs) {
    const maps = new Uint16Array(inputs.reduce((size, x) => size + x.maps.length, 0));
    let at = 0;
    for (const x of inputs) { maps.set(x.maps, at); at += x.maps.length; }
    return { ...inputs[0], channels: inputs.reduce((sum, x) => sum + x.channels, 0), maps };
  },
  Compare(node, [x]) {
    const { height, width, maps: from } = x, area = height * width, radius = node.window >> 1;
    const maps = new Uint16Array(node.channel.length * area);
    node.channel.forEach((channel, m) => {
      const dy = Math.floor(node.tap[m] / node.window) - radius, dx = (node.tap[m] % node.window) - radius;
      const step = dy * width + dx, shift = channel * area - m * area;
      const [left, right] = [Math.max(0, -dx), Math.min(width, width - dx)];
      for (let row = Math.max(0, -dy); row < Math.min(height, height - dy); row++) {
        const start = m * area + row * width;
        for (let p = start + left; p < start + right; p++) {
          maps[p] = from[p + shift + step] > from[p + shift] ? 1 : 0;
        }
      }
    });
    return { ...x, channels: node.channel.length, maps };
  },
  Encode({ code, bits, floor, limit, kernels, points }, [x]) {
    const area = x.height * x.width, from = x.maps;
    const maps = new Uint16Array(kernels * area);
    for (let k = 0; k < kernels; k++) {
      const map = maps.subarray(k * area, (k + 1) * area);
      for (let i = 0; i < points; i++) {
        const bit = k * points + i, start = (bits.length ? bits[bit] : bit) * area, place = code === "pack" ? i : 0;
        for (let p = 0; p < area; p++) map[p] += from[start + p] << place;
      }
      if (code === "threshold") for (let p = 0; p < area; p++) map[p] = map[p] >= limit[k] ? 1 : 0;
      else if (floor) for (let p = 0; p < area; p++) map[p] = Math.max(map[p], floor) - floor;
    }
    return { ...x, channels: kernels, maps };
  },
};

/** Fold size x size blocks of every channel; what fills no block is dropped. */
function blocks(x, size, fold, finish) {
  const height = Math.floor(x.height / size), width = Math.floor(x.width / size);
  const maps = new Uint16Array(x.channels * height * width);
  let at = 0;
  for (let channel = 0; channel < x.channels; channel++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        let value = 0;
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            value = fold(value, x.maps[(channel * x.height + row * size + i) * x.width + column * size + j]);
          }
        }
        maps[at++] = finish(value);
      }
    }
  }
  return { channels: x.channels, height, width, maps };
}

/** The maps of every node for one image: { channels, height, width, maps: Uint16Array, channel first } each. */
function computeMaps(nodes, pixels) {
  const values = [];
  for (const node of nodes) {
    if (node.op === "Input") {
      const { channels, height, width } = node;
      values.push({ channels, height, width, maps: Uint16Array.from(pixels) });
    } else {
      const inputs = (node.sources ?? [node.source]).map((source) => values[source]);
      values.push(MEANINGS[node.op](node, inputs));
    }
  }
  return values;
}
