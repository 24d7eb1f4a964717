// A picture or a drawing as the pixels that a network takes. A picture here is { planes: [Uint8Array], width, height }.

const PRECISION = 2 ** 22;

/** Weights of a bilinear resize from one side to another, as Pillow computes them: [{ first, weights }] a pixel. */
function bilinearWeights(from, to) {
  const scale = from / to, support = Math.max(scale, 1);
  return Array.from({ length: to }, (_, pixel) => {
    const centre = (pixel + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(from, Math.trunc(centre + support + 0.5));
    const weights = Array.from({ length: last - first }, (_, i) =>
      Math.max(0, 1 - Math.abs((i + first - centre + 0.5) * (1 / support))));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => Math.trunc(0.5 + (weight / sum) * PRECISION)) };
  });
}

/** Resize one side of a plane: `lines` lines of `from` values, `along` apart; the next line begins `across` later. */
function resizeSide(plane, lines, from, to, along, across, outAlong, outAcross) {
  const out = new Uint8Array(lines * to);
  bilinearWeights(from, to).forEach(({ first, weights }, pixel) => {
    for (let line = 0; line < lines; line++) {
      let sum = PRECISION / 2, at = line * across + first * along;
      for (const weight of weights) { sum += plane[at] * weight; at += along; }
      out[line * outAcross + pixel * outAlong] = Math.min(255, Math.floor(sum / PRECISION));
    }
  });
  return out;
}

/**
 * Resize a picture as Pillow 13's BILINEAR does, bit for bit: a side after the other, 8 bits between. Rows come first
 * where that takes away more of them than twice the columns (before Pillow 13: never).
 */
function resizePicture({ planes, width, height }, toWidth, toHeight) {
  const columns = (plane, rows) =>
    toWidth === width ? plane : resizeSide(plane, rows, width, toWidth, 1, width, 1, toWidth);
  const rows = (plane, wide) =>
    toHeight === height ? plane : resizeSide(plane, wide, height, toHeight, wide, 1, wide, 1);
  const rowsFirst = height > toHeight && height - toHeight > 2 * (width - toWidth);
  const resize = (plane) =>
    rowsFirst ? columns(rows(plane, width), toHeight) : rows(columns(plane, height), toWidth);
  return { planes: planes.map(resize), width: toWidth, height: toHeight };
}

/** RGBA bytes as a picture of 1 (grey as ITU-R BT.601 weighs, in 16-bit fixed point) or 3 channels. */
function fromColour(data, width, height, channels) {
  const area = width * height;
  const planes = Array.from({ length: channels }, () => new Uint8Array(area));
  for (let p = 0; p < area; p++) {
    const [r, g, b] = [data[4 * p], data[4 * p + 1], data[4 * p + 2]];
    if (channels === 3) { planes[0][p] = r; planes[1][p] = g; planes[2][p] = b; }
    else planes[0][p] = (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16;
  }
  return { planes, width, height };
}

/** The opacity of RGBA bytes as a picture of as many equal channels as wanted. */
function fromInk(data, width, height, channels) {
  const plane = new Uint8Array(width * height);
  for (let p = 0; p < plane.length; p++) plane[p] = data[4 * p + 3];
  return { planes: Array(channels).fill(plane), width, height };
}

/** Black becomes white. */
function invertPicture({ planes, width, height }) {
  return { planes: planes.map((plane) => plane.map((value) => 255 - value)), width, height };
}

/** The smallest box with all pixels that are not black, or null. */
function inkBox({ planes, width, height }) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (const plane of new Set(planes)) {
    for (let p = 0, y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, p++) {
        if (!plane[p]) continue;
        if (x < left) left = x;
        if (x >= right) right = x + 1;
        if (y < top) top = y;
        bottom = y + 1;
      }
    }
  }
  return right ? { left, top, right, bottom } : null;
}

/** The columns and rows of a box. */
function cropPicture({ planes, width }, { left, top, right, bottom }) {
  const cropped = planes.map((plane) => {
    const out = new Uint8Array((right - left) * (bottom - top));
    for (let y = top; y < bottom; y++) {
      out.set(plane.subarray(y * width + left, y * width + right), (y - top) * (right - left));
    }
    return out;
  });
  return { planes: cropped, width: right - left, height: bottom - top };
}

/**
 * Place what is not black as MNIST does: its box scaled to 20/28 of the image, its aspect kept, its centre of mass in
 * the middle (LeCun et al. 1998, "Gradient-based learning", section III A).
 */
function centrePicture(picture, width, height) {
  const box = inkBox(picture);
  const planes = picture.planes.map(() => new Uint8Array(width * height));
  if (!box) return { planes, width, height };
  const cropped = cropPicture(picture, box);
  const scale = Math.min((width * 20) / 28 / cropped.width, (height * 20) / 28 / cropped.height);
  const side = (length) => Math.max(1, Math.round(length * scale));
  const scaled = resizePicture(cropped, side(cropped.width), side(cropped.height));
  let [mass, x, y] = [0, 0, 0];
  for (const plane of scaled.planes) {
    plane.forEach((value, p) => {
      mass += value;
      x += value * (p % scaled.width);
      y += value * Math.floor(p / scaled.width);
    });
  }
  const left = Math.round((width - 1) / 2 - x / Math.max(mass, 1));
  const top = Math.round((height - 1) / 2 - y / Math.max(mass, 1));
  scaled.planes.forEach((plane, channel) => {
    plane.forEach((value, p) => {
      const [column, row] = [left + (p % scaled.width), top + Math.floor(p / scaled.width)];
      if (column >= 0 && column < width && row >= 0 && row < height) planes[channel][row * width + column] = value;
    });
  });
  return { planes, width, height };
}

/** The pixels that the network takes: channel first, then row, then column. */
function networkPixels(picture, { width, height }, { centre, invert }) {
  const seen = invert ? invertPicture(picture) : picture;
  const { planes } = centre ? centrePicture(seen, width, height) : resizePicture(seen, width, height);
  const pixels = new Uint8Array(planes.length * width * height);
  planes.forEach((plane, channel) => pixels.set(plane, channel * width * height));
  return pixels;
}
