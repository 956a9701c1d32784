"""Replays conversions under proposed rates, from the file they came in; python3 and its standard library alone.

Reads what is asked as JSON from standard input, prints the sums as JSON: partner|scenario|days, then currency and month,
then orders, what is left of them, what was booked at the old percentage, what the proposed rate gives.
"""

import csv
import json
import sys
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, getcontext
from zoneinfo import ZoneInfo

getcontext().prec = 60
PENNY = Decimal("0.01")


def rounded(amount):
    # No amount is below zero, so half up is half away from zero.
    return amount.quantize(PENNY, ROUND_HALF_UP)


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def read(path):
    """Every order with what was given back of it. A refund of more than is left is refused."""
    orders = {}
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["event"] == "sale" and row["order_id"] not in orders:
            orders[row["order_id"]] = {
                "partner": row["partner"],
                "id": row["order_id"],
                "at": moment(row["occurred_at"]),
                "currency": row["currency"],
                "amount": Decimal(row["amount"]),
                "refunded": Decimal(0),
            }
    seen = set()
    for row in rows:
        order = orders.get(row["order_id"])
        if row["event"] == "refund" and order and row["event_id"] not in seen:
            seen.add(row["event_id"])
            if order["refunded"] + Decimal(row["amount"]) <= order["amount"]:
                order["refunded"] += Decimal(row["amount"])
    return list(orders.values())


def by_rate(kind, value, amount):
    return rounded(value * amount / 100) if kind == "percent" else rounded(value)


def share(earned, order):
    """What refunds leave of a commission that falls in proportion."""
    return rounded(earned * (order["amount"] - order["refunded"]) / order["amount"])


def by_steps(kind, rule, volume, count):
    """What a month with this volume and this many orders has earned."""
    steps = [(Decimal(step["from"]), Decimal(step["rate"])) for step in rule["steps"]]
    measure = volume if rule["by"] == "volume" else Decimal(count)
    if rule["how"] == "whole":
        rate = [rate for start, rate in steps if start <= measure][-1]
        earned = rate * (volume if kind == "percent" else count)
    else:
        earned = Decimal(0)
        for index, (start, rate) in enumerate(steps):
            end = steps[index + 1][0] if index + 1 < len(steps) else measure
            earned += rate * max(min(measure, end) - start, Decimal(0))
    return rounded(earned / 100 if kind == "percent" else earned)


def month(scenario, orders):
    """What each order of one month gets, and what refunds leave of it."""
    kind, value, rule = scenario["kind"], Decimal(scenario["value"]), scenario["rule"]
    if not rule:
        if kind == "percent":
            return [rounded(value * (order["amount"] - order["refunded"]) / 100) for order in orders]
        return [share(value, order) for order in orders]
    costs = []
    volume = count = earned = paid = Decimal(0)
    for order in orders:
        volume += order["amount"]
        count += 1
        if "steps" in rule:
            earned = by_steps(kind, rule, volume, count)
        else:
            one = by_rate(kind, value, order["amount"])
            earned += min(one, Decimal(rule["most_each"])) if "most_each" in rule else one
        capped = min(earned, Decimal(rule["most_month"])) if "most_month" in rule else earned
        costs.append(share(capped - paid, order))
        paid = capped
    return costs


def main():
    asked = json.load(sys.stdin)
    zone, until = ZoneInfo(asked["time_zone"]), moment(asked["until"])
    months = defaultdict(list)
    for order in sorted(read(asked["file"]), key=lambda order: (order["at"], order["id"])):
        if order["at"] < until:
            key = (order["partner"], order["currency"], order["at"].astimezone(zone).strftime("%Y-%m"))
            months[key].append(order)
    sums = defaultdict(dict)
    for (partner, currency, name), orders in months.items():
        booked = [rounded(Decimal(asked["booked"]) * (order["amount"] - order["refunded"]) / 100) for order in orders]
        for scenario in asked["scenarios"]:
            costs = month(scenario, orders)
            for days in asked["days"]:
                start = until - timedelta(days=days)
                chosen = [index for index, order in enumerate(orders) if order["at"] >= start]
                if not chosen:
                    continue
                sums[f"{partner}|{scenario['name']}|{days}"][f"{currency} {name}"] = [
                    str(len(chosen)),
                    str(sum((orders[index]["amount"] - orders[index]["refunded"] for index in chosen), Decimal("0.00"))),
                    str(sum((booked[index] for index in chosen), Decimal("0.00"))),
                    str(sum((costs[index] for index in chosen), Decimal("0.00"))),
                ]
    json.dump(sums, sys.stdout)


main()
