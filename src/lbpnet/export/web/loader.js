// Unpacks the parts of the page, deflated (RFC 1951) and in base64: its style, data and scripts.
(async () => {
  const unpack = (id) => {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")));
  };
  const add = async (tag, id) => {
    const element = document.createElement(tag);
    element.textContent = await unpack(id).text();
    document.head.append(element);
  };
  await add("style", "style");
  document.body.hidden = false;
  globalThis.parts = { module: await unpack("module").arrayBuffer(), program: await unpack("program").json() };
  await add("script", "core");
  await add("script", "page");
})().catch((error) => {
  document.body.hidden = false;
  document.getElementById("status").textContent = `This page needs a browser of 2023 or later (${error.message}).`;
});
