// Live events: asks what is new while the page is seen, puts it where its key belongs, and leaves out what is there.
(function () {
  "use strict";
  var EVERY = 1500, SLOWEST = 30000, SAID_EVERY = 15000, TAIL = 12;

  function Live(part) {
    this.part = part;
    this.rows = part.querySelector("[data-live-rows]");
    this.empty = part.querySelector("[data-live-empty]");
    this.button = part.querySelector("[data-live-pause]");
    this.state = part.querySelector("[data-live-state]");
    this.said = part.querySelector("[data-live-said]");
    this.most = Number(part.dataset.most);
    this.since = Number(part.dataset.since);
    this.held = new Map();      // key → row that waits while the page is paused
    this.paused = this.asking = this.over = false;
    this.wait = EVERY;
    this.unsaid = 0;
    this.saidAt = Date.now();
  }

  Live.prototype.start = function () {
    var live = this;
    this.button.addEventListener("click", function () { live.turn(); });
    document.addEventListener("visibilitychange", function () { if (!document.hidden) live.ask(); });
    this.later();
  };

  Live.prototype.later = function () {
    var live = this;
    clearTimeout(this.timer);
    if (!this.over) this.timer = setTimeout(function () { live.ask(); }, this.wait);
  };

  Live.prototype.ask = function () {
    var live = this;
    if (this.asking || this.over || document.hidden) return;
    this.asking = true;
    var query = new URLSearchParams(location.search);
    query.set("since", this.since);
    query.set("known", this.known().join(","));
    fetch(this.part.dataset.live + "?" + query, { redirect: "manual", headers: { Accept: "application/json" } })
      .then(function (answer) {
        if (answer.type === "opaqueredirect" || (answer.status >= 400 && answer.status < 500)) return live.end();
        if (!answer.ok) throw new Error(answer.status);
        return answer.json().then(function (told) { live.take(told); });
      })
      .catch(function () {
        live.wait = Math.min(live.wait * 2, SLOWEST);
        live.show("lost", "Connection lost, trying again");
      })
      .finally(function () { live.asking = false; live.later(); });
  };

  // The ends of the keys that the server would send again: a key begins with its millisecond.
  Live.prototype.known = function () {
    var since = this.since, keys = Array.from(this.held.keys());
    this.rows.querySelectorAll("[data-key]").forEach(function (row) { keys.push(row.dataset.key); });
    return keys
      .filter(function (key) { return parseInt(key.slice(0, 12), 16) >= since; })
      .sort().slice(-this.most)
      .map(function (key) { return key.slice(-TAIL); });
  };

  Live.prototype.take = function (told) {
    var live = this, fresh = 0;
    this.since = told.since;
    this.wait = EVERY;
    if (told.reset) { this.held.clear(); if (!this.paused) this.rows.replaceChildren(); }
    told.rows.forEach(function (row) {
      if (live.held.has(row.id) || live.rows.querySelector('[data-key="' + row.id + '"]')) return;
      live.held.set(row.id, row.html);
      fresh += 1;
    });
    this.unsaid += fresh;
    if (!this.paused) this.put();
    this.tell();
  };

  // What was held back goes to its place; what is beyond the last row that the page may have is dropped.
  Live.prototype.put = function () {
    var live = this;
    Array.from(this.held.keys()).sort().slice(-this.most).forEach(function (key) {
      var holder = document.createElement("template");
      holder.innerHTML = live.held.get(key);
      var row = holder.content.querySelector("tr");
      row.classList.add("boon-live-fresh");
      boonLocalTimes(row);
      live.rows.insertBefore(row, live.after(key));
    });
    this.held.clear();
    while (this.rows.childElementCount > this.most) this.rows.lastElementChild.remove();
    this.empty.hidden = this.rows.childElementCount > 0;
  };

  // The first row with a lower key; rows stand from the highest key to the lowest.
  Live.prototype.after = function (key) {
    var row = this.rows.firstElementChild;
    while (row && row.dataset.key > key) row = row.nextElementSibling;
    return row;
  };

  Live.prototype.turn = function () {
    this.paused = !this.paused;
    this.button.textContent = this.paused ? "Resume" : "Pause";
    if (!this.paused) this.put();
    this.unsaid = 0;
    this.tell();
    this.say(this.paused ? "Paused. New rows are held back." : "Live again.");
  };

  Live.prototype.tell = function () {
    var count = Math.min(this.held.size, this.most);
    if (this.paused) this.show("paused", count ? "Paused, " + count + " new held back" : "Paused");
    else this.show("live", "Live");
    // Now and then, so that it can be listened to while much is coming in.
    if (this.paused || !this.unsaid || Date.now() - this.saidAt < SAID_EVERY) return;
    this.say(this.unsaid === 1 ? "1 new row" : this.unsaid + " new rows");
    this.unsaid = 0;
  };

  Live.prototype.say = function (text) {
    this.said.textContent = text;
    this.saidAt = Date.now();
  };

  Live.prototype.show = function (mood, text) {
    if (this.state.textContent === text) return;
    this.state.dataset.mood = mood;
    this.state.textContent = text;
  };

  Live.prototype.end = function () {
    this.over = true;
    this.show("lost", "Signed out, or no longer allowed: reload the page");
    this.say(this.state.textContent);
  };

  document.addEventListener("DOMContentLoaded", function () {
    var part = document.querySelector("[data-live]");
    if (part) new Live(part).start();
  });
})();
