// The network: the WebAssembly module, its image and its scores.

/**
 * Start the module.
 *
 * predict(pixels): Uint8Array, channel first, then row, then column -> { index, scores: Int32Array }.
 * microseconds(): one image's time, the fastest of five rounds of at least `round` milliseconds.
 */
async function openNetwork(bytes, classes) {
  const { exports } = (await WebAssembly.instantiate(bytes)).instance;
  const [image, scores] = [exports.image(), exports.scores()];
  const read = () => new Int32Array(exports.memory.buffer, scores, classes).slice();
  return {
    predict(pixels) {
      new Uint8Array(exports.memory.buffer, image, pixels.length).set(pixels);
      return { index: exports.predict(), scores: read() };
    },
    microseconds(round = 4) {
      let times = 1, fastest = Infinity;
      for (let kept = 0; kept < 5; ) {
        const start = performance.now();
        exports.repeat(times);
        const spent = performance.now() - start;
        if (spent < round) { times *= 2; continue; }
        fastest = Math.min(fastest, (1000 * spent) / times);
        kept++;
      }
      return fastest;
    },
  };
}
