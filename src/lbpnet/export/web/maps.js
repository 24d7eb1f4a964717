// What the maps of a program's nodes are: docs/program.md in JavaScript, for looking at; scores come from the module.

/** Integers of a table as a program's file stores it (range, trits, bits): Int32Array. */
function readTable(table, blob) {
  const count = table.shape.reduce((product, side) => product * side, 1);
  if (table.as === "range") return Int32Array.from({ length: count }, (_, i) => i);
  if (table.as === "trits") {
    return Int32Array.from({ length: count }, (_, i) => {
      const digit = Math.floor(blob[table.at + Math.floor(i / 5)] / 3 ** (i % 5)) % 3;
      return table.low + digit;
    });
  }
  return Int32Array.from({ length: count }, (_, i) => {
    let value = 0;
    for (let b = 0; b < table.bits; b++) {
      const bit = i * table.bits + b;
      value += ((blob[table.at + (bit >> 3)] >> (bit & 7)) & 1) * 2 ** b;
    }
    return table.low + value;
  });
}

/** Nodes with their tables read; `blob` holds the tables' bytes. */
function readNodes(nodes, blob) {
  const read = (value) => (value && value.as ? readTable(value, blob) : value);
  return nodes.map((node) => ({
    ...Object.fromEntries(Object.entries(node).map(([key, value]) => [key, read(value)])),
    kernels: node.bits?.shape[0],
  }));
}

const MEANINGS = {
  shrink(node, [x]) {
    const shift = 2 * Math.log2(node.factor);
    return blocks(x, node.factor, (sum, value) => sum + value, (sum) => sum >> shift);
  },
  max_pool: (node, [x]) => blocks(x, node.size, Math.max, (most) => most),
  join(_, inputs) {
    const maps = new Uint16Array(inputs.reduce((size, x) => size + x.maps.length, 0));
    let at = 0;
    for (const x of inputs) { maps.set(x.maps, at); at += x.maps.length; }
    return { ...inputs[0], channels: inputs.reduce((sum, x) => sum + x.channels, 0), maps };
  },
  compare(node, [x]) {
    const { height, width } = x, area = height * width, radius = node.window >> 1;
    const maps = new Uint16Array(node.channel.length * area);
    node.channel.forEach((channel, m) => {
      const dy = Math.floor(node.tap[m] / node.window) - radius, dx = (node.tap[m] % node.window) - radius;
      const from = channel * area, to = m * area, step = dy * width + dx;
      const [left, right] = [Math.max(0, -dx), Math.min(width, width - dx)];
      for (let row = Math.max(0, -dy); row < Math.min(height, height - dy); row++) {
        for (let p = row * width + left; p < row * width + right; p++) {
          maps[to + p] = x.maps[from + p + step] > x.maps[from + p] ? 1 : 0;
        }
      }
    });
    return { ...x, channels: node.channel.length, maps };
  },
  encode(node, [x]) {
    const area = x.height * x.width, kernels = node.kernels, points = node.bits.length / kernels;
    const maps = new Uint16Array(kernels * area);
    for (let k = 0; k < kernels; k++) {
      for (let p = 0; p < area; p++) {
        let value = 0;
        for (let i = 0; i < points; i++) {
          value += x.maps[node.bits[k * points + i] * area + p] << (node.code === "pack" ? i : 0);
        }
        if (node.code === "threshold") value = value >= node.limit[k] ? 1 : 0;
        maps[k * area + p] = Math.max(value, node.floor) - node.floor;
      }
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
    if (node.op === "input") {
      const { channels, height, width } = node;
      values.push({ channels, height, width, maps: Uint16Array.from(pixels) });
    } else {
      const inputs = (node.sources ?? [node.source]).map((source) => values[source]);
      values.push(MEANINGS[node.op](node, inputs));
    }
  }
  return values;
}
