// Unpacks the parts of the page, deflated (RFC 1951) and in base64, and runs its scripts.
(async () => {
  const unpack = (id) => {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")));
  };
  globalThis.parts = { module: await unpack("module").arrayBuffer(), program: await unpack("program").json() };
  for (const id of ["core", "page"]) {
    const script = document.createElement("script");
    script.textContent = await unpack(id).text();
    document.body.append(script);
  }
})().catch((error) => {
  document.getElementById("status").textContent = `This page needs a browser of 2023 or later (${error.message}).`;
});
