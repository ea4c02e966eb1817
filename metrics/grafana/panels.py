"""The kinds of panels that both dashboards are made of, and the grid that they stand in.

A panel is a dict as Grafana stores it, but for its place and number, which Dashboard gives it."""

import json

WIDTH = 24  # of Grafana's grid
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
GREEN, YELLOW, ORANGE, RED, BLUE, GREY = "green", "yellow", "orange", "red", "blue", "text"

VERDICT_COLOURS = {
    "healthy": GREEN, "upstream_slow": YELLOW, "budget_limited": ORANGE, "client_storm": ORANGE,
    "interface_limited": RED, "upstream_failing": RED, "upstream_silent": RED,
    "ports_exhausted": RED,
}


def query(expr, legend="", form="time_series", instant=False):
    return {"expr": " ".join(expr.split()), "legendFormat": legend, "format": form,
            "instant": instant, "range": not instant}


def steps(*at):
    """Thresholds: a colour, then pairs of the value from which on another holds."""
    first, rest = at[0], at[1:]
    return {"mode": "absolute", "steps": [{"color": first, "value": None}] +
            [{"color": colour, "value": value} for value, colour in zip(rest[::2], rest[1::2])]}


def colours_by_name(colours):
    return [{"matcher": {"id": "byName", "options": name},
             "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}]}
            for name, colour in colours.items()]


def _panel(kind, title, description, queries, width, height, unit, options, **field):
    letters = "ABCDEFGHIJKLMNOP"
    overrides = field.pop("overrides", [])
    targets = [{"refId": letters[i], "datasource": SOURCE, **q} for i, q in enumerate(queries)]
    return {"type": kind, "title": title, "description": description, "datasource": SOURCE,
            "gridPos": {"x": 0, "y": 0, "w": width, "h": height}, "targets": targets,
            "fieldConfig": {"defaults": {"unit": unit, **field}, "overrides": overrides},
            "options": options}


def graph(title, description, unit, *queries, width=8, thresholds=None, stacked=False, least=0):
    """Lines over time. With thresholds, a line stands at each."""
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 30 if stacked else 8,
              "showPoints": "never", "spanNulls": False,
              "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
              "thresholdsStyle": {"mode": "dashed" if thresholds else "off"}}
    return _panel(
        "timeseries", title, description, queries, width, 8, unit,
        {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
         "tooltip": {"mode": "multi", "sort": "desc"}},
        custom=custom, min=least, thresholds=thresholds or steps(GREEN))


def stat(title, description, unit, *queries, width=4, thresholds=None, shown="value", decimals=None,
         overrides=()):
    """One figure, coloured by its thresholds; shown="name" shows the legend in its place."""
    field = {} if decimals is None else {"decimals": decimals}
    return _panel(
        "stat", title, description, queries, width, 4, unit,
        {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
         "colorMode": "background" if thresholds or overrides else "value", "textMode": shown,
         "graphMode": "none", "justifyMode": "auto", "orientation": "auto"},
        thresholds=thresholds or steps(GREY), overrides=list(overrides), **field)


def verdict_stat(title, description, expr, width=6):
    return stat(title, description, "none", query(expr, "{{verdict}}", instant=True), width=width,
                shown="name", overrides=colours_by_name(VERDICT_COLOURS))


def timeline(title, description, expr, legend, width=18, height=4, colours=VERDICT_COLOURS):
    """When something held: a bar in each row while its series is there."""
    return _panel(
        "state-timeline", title, description, [query(expr, legend)], width, height, "none",
        {"showValue": "never", "mergeValues": True, "rowHeight": 0.9, "alignValue": "left",
         "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
         "tooltip": {"mode": "single", "sort": "none"}},
        custom={"lineWidth": 0, "fillOpacity": 80}, thresholds=steps(BLUE),
        overrides=colours_by_name(colours))


def heatmap(title, description, expr, width=8):
    """How many fell into each bucket of a histogram, over time."""
    return _panel(
        "heatmap", title, description, [query(expr, "{{le}}", form="heatmap")], width, 8, "s",
        {"calculate": False, "cellGap": 1, "yAxis": {"unit": "s", "axisPlacement": "left"},
         "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "reverse": False,
                   "exponent": 0.5, "scale": "exponential", "fill": "dark-orange"},
         "legend": {"show": True}, "tooltip": {"mode": "single", "yHistogram": False},
         "rowsFrame": {"layout": "auto"}, "filterValues": {"le": 1e-9},
         "exemplars": {"color": "rgba(255,0,255,0.7)"}})


def table(title, description, unit, expr, width=12, height=8, hidden=(), names=None, links=()):
    """A row for each series: its labels, and its value last."""
    names = {"Value": "value", **(names or {})}
    panel = _panel(
        "table", title, description, [query(expr, form="table", instant=True)], width, height, unit,
        {"showHeader": True, "cellHeight": "sm",
         "sortBy": [{"displayName": names["Value"], "desc": True}]},
        custom={"align": "auto"}, thresholds=steps(GREY), links=list(links))
    excluded = {name: True for name in ("Time", "__name__", "job", *hidden)}
    panel["transformations"] = [{"id": "organize", "options": {
        "excludeByName": excluded, "indexByName": {}, "renameByName": names}}]
    return panel


def bars(title, description, unit, expr, legend, width=8, thresholds=None, most=None, links=()):
    """A bar for each series as it is now, the largest first."""
    field = {} if most is None else {"max": most}
    return _panel(
        "bargauge", title, description, [query(f"sort_desc({expr})", legend, instant=True)], width,
        8, unit,
        {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
         "orientation": "horizontal", "displayMode": "basic", "showUnfilled": True},
        min=0, thresholds=thresholds or steps(BLUE), links=list(links), **field)


def variable(name, label, metric, of="", many=True):
    """Chosen from the values that a label of a metric has."""
    values = f"label_values({metric}{of}, {name})"
    chosen = {"includeAll": True, "multi": True, "allValue": ".*",
              "current": {"text": ["All"], "value": ["$__all"]}} if many else {
                  "includeAll": False, "multi": False, "current": {}}
    return {"type": "query", "name": name, "label": label, "datasource": SOURCE,
            "query": {"query": values, "refId": f"variable-{name}"},
            "refresh": 2, "sort": 1, "hide": 0, "options": [], **chosen}


class Dashboard:
    """Rows of panels, from the top left."""

    def __init__(self, uid, title, description, variables, links=()):
        source = {"type": "datasource", "name": "datasource", "label": "Data source",
                  "query": "prometheus", "refresh": 1, "hide": 0, "includeAll": False,
                  "multi": False, "options": [], "current": {}}
        self._page = {
            "uid": uid, "title": title, "description": description, "tags": ["dns", "sluice"],
            "schemaVersion": 38, "version": 1, "editable": True, "graphTooltip": 1,
            "refresh": "30s", "time": {"from": "now-1h", "to": "now"}, "timezone": "browser",
            "templating": {"list": [source, *variables]}, "annotations": {"list": []},
            "links": list(links), "panels": []}
        self._y = 0

    def row(self, title, *panels):
        if title:
            self._put({"type": "row", "title": title, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": self._y, "w": WIDTH, "h": 1}})
            self._y += 1
        x = tallest = 0
        for panel in panels:
            place = panel["gridPos"]
            if x + place["w"] > WIDTH:
                self._y += tallest
                x = tallest = 0
            place.update(x=x, y=self._y)
            x += place["w"]
            tallest = max(tallest, place["h"])
            self._put(panel)
        self._y += tallest

    def _put(self, panel):
        self._page["panels"].append({"id": len(self._page["panels"]) + 1, **panel})

    def text(self):
        return json.dumps(self._page, indent=1) + "\n"
