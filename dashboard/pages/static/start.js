// Runs before Streamlit's own scripts, which read what is set here.
(() => {
  // Without it Streamlit looks for its server below the page's own address first (/workbook/_stcore), and waits before it
  // looks at the right one.
  window.__streamlit = { BACKEND_BASE_URL: `${window.location.origin}/` };
  // Charts keep the size they have on the screen: a window wider than the paper is printed smaller, not cut.
  window.addEventListener("beforeprint", () => {
    document.documentElement.style.setProperty("--wb-print-zoom", Math.min(1, 1040 / window.innerWidth));
  });
  // What a workbook draws with is loaded while the server still works on the page.
  if (window.location.pathname !== "/workbook") return;
  for (const href of document.currentScript.dataset.soon.split(" ")) {
    const link = document.createElement("link");
    link.rel = "modulepreload";
    link.crossOrigin = "";
    link.href = href;
    document.head.append(link);
  }
})();
