(() => {
  const form = document.getElementById("filters");
  const rows = [...document.querySelectorAll("tr[data-verdict]")];
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const version = form.elements.version, search = form.elements.q, shown = document.getElementById("shown");
  const read = () => {
    const asked = new URLSearchParams(location.search);
    const verdicts = (asked.get("verdict") || "").split(",");
    boxes.forEach(box => { box.checked = verdicts.includes(box.value); });
    version.value = asked.get("version") || "";
    search.value = asked.get("q") || "";
  };
  const apply = () => {
    const verdicts = boxes.filter(box => box.checked).map(box => box.value);
    const words = search.value.toLowerCase().split(/\s+/).filter(word => word);
    let count = 0;
    for (const row of rows) {
      const text = (row.dataset.more || "") + " " + row.textContent.toLowerCase();
      row.hidden = verdicts.length > 0 && !row.dataset.verdict.split(" ").some(word => verdicts.includes(word))
        || version.value !== "" && row.dataset.version !== version.value
        || !words.every(word => text.includes(word));
      if (!row.hidden && row.classList.contains("case")) count += 1;
    }
    shown.textContent = count + " of " + rows.filter(row => row.classList.contains("case")).length + " cases";
  };
  const keep = () => {
    const asked = new URLSearchParams();
    const verdicts = boxes.filter(box => box.checked).map(box => box.value);
    if (verdicts.length) asked.set("verdict", verdicts.join(","));
    if (version.value) asked.set("version", version.value);
    if (search.value) asked.set("q", search.value);
    const query = asked.toString();
    history.replaceState(null, "", location.pathname + (query ? "?" + query : "") + location.hash);
  };
  form.hidden = false;
  form.addEventListener("input", () => { apply(); keep(); });
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { apply(); keep(); }));
  addEventListener("popstate", () => { read(); apply(); });
  read();
  apply();
})();
