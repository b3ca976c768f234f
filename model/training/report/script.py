"""What makes the sliders move: plain JavaScript in the page itself, on the arrays that the page carries."""

# Goes to the end of the page, where everything that it looks for is there.
SCRIPT = """
(function () {
  function find(id) { return document.getElementById(id); }
  var data = JSON.parse(find("thresholds").textContent), last = data.score.length - 1;
  var review = find("review"), block = find("block");
  function show(id, words) { var at = find(id); if (at) at.textContent = words; }
  function whole(value) { return Math.round(value).toLocaleString("en"); }
  function share(part, all, digits) { return all ? (100 * part / all).toFixed(digits) + "\\u00a0%" : "–"; }
  function price(name) { var typed = find("price-" + name).value; return typed === "" ? null : Number(typed); }
  function bill(from, to) {
    var looked = data.fraud_flagged[from] - data.fraud_flagged[to] + data.legit_flagged[from] - data.legit_flagged[to];
    var each = price("missed_fraud"), lost = data.fraud - data.fraud_flagged[from];
    var missed = each !== null ? each * lost : data.fraud_loss ? data.loss_total - data.fraud_loss[from] : 0;
    var parts = [missed, price("review") * looked, price("good_customer_blocked") * data.legit_flagged[to]];
    return { parts: parts, total: parts[0] + parts[1] + parts[2] };
  }
  function line(name, at) {
    show(name + "-score", data.score[at]);
    show(name + "-probability", (100 * data.threshold[at]).toPrecision(3) + "\\u00a0%");
    find(name).setAttribute("aria-valuetext", "score " + data.score[at]);
    var marker = find("marker-" + name);
    if (marker) marker.setAttribute("transform", "translate(" + data.marker[at] + " 0)");
  }
  function update() {
    var from = last - review.value, to = last - block.value;
    var fraud = data.fraud_flagged[from], reviewed = fraud - data.fraud_flagged[to];
    var waiting = data.legit_flagged[from] - data.legit_flagged[to];
    line("review", from); line("block", to);
    show("caught", share(fraud, data.fraud, 1));
    show("blocked", share(data.fraud_flagged[to], data.fraud, 1));
    show("refused", share(data.legit_flagged[to], data.legit, 2));
    show("waiting", share(waiting, data.legit, 2));
    show("alerts", ((reviewed + waiting) / data.days).toLocaleString("en", { maximumFractionDigits: 1 }));
    show("precision", share(reviewed, reviewed + waiting, 1));
    if (data.fraud_amount) {
      show("saved", whole(data.fraud_amount[from]));
      show("missed", whole(data.fraud_total - data.fraud_amount[from]));
      show("sales", whole(data.legit_amount[to]));
    }
    var priced = price("review") && price("good_customer_blocked"), cost = bill(from, to);
    find("cheapest").disabled = !priced;
    show("cost", priced ? whole(cost.total) : "–");
    show("parts", priced ? cost.parts.map(whole).join(" + ") : "–");
  }
  function go(from, to) { review.value = last - from; block.value = last - to; update(); }
  function cheapest() {
    var best = null;
    for (var from = 0; from <= last; from++) for (var to = from; to <= last; to++) {
      var total = bill(from, to).total;
      if (!best || total < best[2]) best = [from, to, total];
    }
    go(best[0], best[1]);
  }
  function follow(mover, other) {
    mover.addEventListener("input", function () { if (crossed()) other.value = mover.value; update(); });
  }
  function crossed() { return Number(block.value) > Number(review.value); }
  follow(review, block); follow(block, review);
  find("in-force").addEventListener("click", function () { go(data.in_force[0], data.in_force[1]); });
  find("cheapest").addEventListener("click", cheapest);
  document.querySelectorAll("[id^=price-]").forEach(function (input) { input.addEventListener("input", update); });
  update();
})();
"""
