"use strict";
// Tables: DataTables sorts and filters what stands in the HTML already.
for (const table of document.querySelectorAll("table.lines")) {
  const sorted = new DataTable(table, {
    layout: {topStart: null, topEnd: null, bottomStart: null, bottomEnd: null},
    paging: false, order: [], autoWidth: false,
    language: {zeroRecords: "No line fits the filter."},
  });
  const input = document.querySelector(`[data-filters="${table.id}"]`);
  input?.addEventListener("input", () => sorted.search(input.value).draw());
}
for (const one of document.querySelectorAll(".filter")) one.hidden = false;
// Panels: pressing a value opens its panel without this script; pointing at it needs one.
for (const button of document.querySelectorAll("td [popovertarget]")) {
  const panel = document.getElementById(button.getAttribute("popovertarget"));
  let pinned = false, timer;
  const later = (act, after) => { clearTimeout(timer); timer = setTimeout(act, after); };
  const show = () => panel.matches(":popover-open") || panel.showPopover({source: button});
  const hide = () => pinned || panel.hidePopover();
  for (const one of [button, panel]) {
    one.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && later(show, 120));
    one.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && later(hide, 200));
  }
  button.addEventListener("focus", () => button.matches(":focus-visible") && show());
  button.addEventListener("blur", () => later(hide, 0));
  button.addEventListener("click", () => { pinned = true; });
  panel.addEventListener("toggle", (event) => { if (event.newState === "closed") pinned = false; });
}
// A hint where a table or chart goes on beyond its edge.
const watched = new ResizeObserver((entries) => {
  for (const {target} of entries) {
    target.classList.toggle("more", target.scrollWidth > target.clientWidth + 1);
  }
});
for (const one of document.querySelectorAll(".scroll")) watched.observe(one);
