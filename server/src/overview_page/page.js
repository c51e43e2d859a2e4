// Links, filters and the graph of the overview. Without scripts the page has all of its contents.
(() => {
  'use strict';
  const element = (id) => document.getElementById(id);
  const data = JSON.parse(element('data').textContent);
  // Present in a view of VS Code: it opens files itself.
  const editor = typeof acquireVsCodeApi === 'function' ? acquireVsCodeApi() : undefined;

  /** Tab and filters: an editor makes the page again when something has changed. */
  const saved = { tab: 'images', text: '', flags: [], ...editor?.getState() };
  const save = (change) => {
    Object.assign(saved, change);
    editor?.setState(saved);
  };

  function resolveLinks() {
    for (const link of document.querySelectorAll('a[data-f]')) {
      const path = data.files[link.dataset.f];
      const line = link.dataset.l;
      link.title = `${path}:${line}`;
      const url = path.split('/').map(encodeURIComponent).join('/');
      link.href = editor === undefined ? `${data.links}${url}#L${line}` : '#';
    }
    if (editor !== undefined) {
      document.addEventListener('click', (event) => {
        const link = event.target.closest('a[data-f]');
        if (link !== null) {
          event.preventDefault();
          editor.postMessage({ path: data.files[link.dataset.f], line: Number(link.dataset.l) });
        }
      });
    }
  }

  function addTabs() {
    const tabs = [...document.querySelectorAll('[role="tab"]')];
    const select = (chosen) => {
      for (const tab of tabs) {
        const isChosen = tab === chosen;
        tab.setAttribute('aria-selected', String(isChosen));
        tab.tabIndex = isChosen ? 0 : -1;
        element(tab.getAttribute('aria-controls')).hidden = !isChosen;
      }
      save({ tab: chosen.getAttribute('aria-controls') });
      if (saved.tab === 'reach') {
        drawGraph();
      }
    };
    tabs.forEach((tab, index) => {
      tab.addEventListener('click', () => select(tab));
      tab.addEventListener('keydown', (event) => {
        if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
          const other = tabs[(index + 1) % tabs.length];
          select(other);
          other.focus();
        }
      });
    });
    document.querySelector('nav').hidden = false;
    const first = location.hash === '#what-a-change-reaches' ? 'reach' : saved.tab;
    select(tabs.find((tab) => tab.getAttribute('aria-controls') === first) ?? tabs[0]);
  }

  function addFilters() {
    const form = element('filters');
    const bodies = [...element('images').querySelectorAll('tbody')].map((body) => ({
      body,
      rows: [...body.querySelectorAll('tr:not(.group)')].map((row) => ({
        row,
        text: `${body.firstElementChild.textContent} ${row.textContent}`.toLowerCase(),
        flags: row.dataset.x ?? '',
      })),
    }));
    const total = bodies.reduce((sum, { rows }) => sum + rows.length, 0);
    const filter = () => {
      const words = element('text').value.toLowerCase().split(/\s+/).filter(Boolean);
      const flags = [...form.querySelectorAll('input:checked')].map(({ value }) => value);
      save({ text: element('text').value, flags });
      let shown = 0;
      for (const { body, rows } of bodies) {
        let shownHere = 0;
        for (const { row, text, flags: has } of rows) {
          const fits = words.every((word) => text.includes(word)) && flags.every((flag) => has.includes(flag));
          row.hidden = !fits;
          shownHere += Number(fits);
        }
        body.hidden = shownHere === 0;
        shown += shownHere;
      }
      element('count').textContent = `${shown} of ${total} images`;
    };
    form.addEventListener('input', filter);
    form.addEventListener('submit', (event) => event.preventDefault());
    element('text').value = saved.text;
    for (const box of form.querySelectorAll('input[type="checkbox"]')) {
      box.checked = saved.flags.includes(box.value);
    }
    form.hidden = false;
    filter();
  }

  /** Largest number of boxes of images; above, there is one for each distribution. */
  const MOST_BOXES = 80;
  const NAMES_IN_BOX = 4;

  /** Returns the images in boxes: those that the same includes and builders reach are in one. */
  function boxes() {
    const gather = (keyOf) => {
      const found = new Map();
      for (const [name, distribution, sources] of data.graph.images) {
        const key = keyOf(distribution, sources ?? []);
        const box = found.get(key) ?? { names: [], sources: new Set() };
        box.names.push(name);
        for (const source of sources ?? []) {
          box.sources.add(source);
        }
        found.set(key, box);
      }
      return [...found.values()].filter((box) => box.sources.size > 0);
    };
    const bySources = gather((_, sources) => sources.join());
    return bySources.length <= MOST_BOXES ? bySources : gather((distribution) => distribution ?? '');
  }

  function svgElement(name, attributes, ...children) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  /** Returns the lines of text in a box. */
  function linesOf(names) {
    const hidden = names.length - NAMES_IN_BOX;
    return hidden > 1 ? [...names.slice(0, NAMES_IN_BOX), `and ${hidden} more`] : names;
  }

  function layOut() {
    const graph = new dagre.graphlib.Graph();
    graph.setGraph({ rankdir: 'LR', nodesep: 8, ranksep: 140, marginx: 12, marginy: 12 });
    graph.setDefaultEdgeLabel(() => ({}));
    const add = (id, node) => {
      const longest = Math.max(...node.lines.map((line) => line.length));
      graph.setNode(id, { ...node, width: longest * 7.3 + 20, height: node.lines.length * 16 + 8 });
    };
    const images = boxes();
    const used = new Set(images.flatMap(({ sources }) => [...sources]));
    data.graph.sources.forEach(([name, isBuilder], index) => {
      if (used.has(index)) {
        const label = isBuilder ? `builder ${name}` : name;
        add(`s${index}`, { kind: isBuilder ? 'builder' : 'include', label, lines: [label], names: [] });
      }
    });
    images.forEach(({ names, sources }, index) => {
      add(`i${index}`, { kind: 'images', label: names.join(' '), lines: linesOf(names), names });
      for (const source of sources) {
        graph.setEdge(`s${source}`, `i${index}`);
      }
    });
    dagre.layout(graph);
    return graph;
  }

  function drawNode(node) {
    const { x, y, width, height, lines, kind, label } = node;
    const text = lines.map((line, index) =>
      svgElement('tspan', { x: x - width / 2 + 10, y: y - height / 2 + 16 + index * 16 }, line),
    );
    const box = svgElement('rect', { x: x - width / 2, y: y - height / 2, width, height, rx: kind === 'images' ? 2 : 8 });
    const attributes = { class: `node ${kind}`, tabindex: 0, role: 'button', 'aria-label': label };
    return svgElement('g', attributes, box, svgElement('text', {}, ...text));
  }

  let isDrawn = false;

  function drawGraph() {
    if (isDrawn || data.graph.images.length === 0) {
      return;
    }
    isDrawn = true;
    const graph = layOut();
    const { width, height } = graph.graph();
    const svg = svgElement('svg', { width, height, viewBox: `0 0 ${width} ${height}` });
    const edges = graph.edges().map((edge) => {
      const [first, ...others] = graph.edge(edge).points.map(({ x, y }) => `${x},${y}`);
      const path = svgElement('path', { d: `M${first}L${others.join(' ')}` });
      svg.append(path);
      return { ...edge, path };
    });
    const nodes = new Map(graph.nodes().map((id) => [id, drawNode(graph.node(id))]));
    const choose = (id) => {
      const near = edges.filter(({ v, w }) => v === id || w === id);
      const on = new Set([id, ...near.flatMap(({ v, w }) => [v, w])]);
      for (const { path } of edges) {
        path.classList.toggle('on', near.some((edge) => edge.path === path));
      }
      for (const [other, node] of nodes) {
        node.classList.toggle('on', on.has(other));
      }
      svg.classList.add('chosen');
      element('chosen').textContent = describe(graph, id, near);
    };
    for (const [id, node] of nodes) {
      svg.append(node);
      node.addEventListener('click', () => choose(id));
      node.addEventListener('keydown', (event) => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          choose(id);
        }
      });
    }
    const figure = element('graph');
    figure.append(svg);
    figure.hidden = false;
  }

  /** Says what a box of the graph reaches, or what reaches it. */
  function describe(graph, id, near) {
    const node = graph.node(id);
    if (node.kind === 'images') {
      const sources = near.map(({ v }) => graph.node(v).label);
      return `${node.label}: reached by ${sources.join(', ')}`;
    }
    const names = near.flatMap(({ w }) => graph.node(w).names);
    return `A change of ${node.label} reaches ${names.length} images: ${names.join(' ')}`;
  }

  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('details')) {
      details.open = true;
    }
  });
  resolveLinks();
  addFilters();
  addTabs();
})();
