"""How forecasts and flags are measured: one rule for the nets and the simple methods."""
import numpy as np

REACH_MS = 280  # an alarm later than this after R is not about that beat

RULE = f"""\
An alarm starts at a row whose probability is above the threshold while the row before it was
not. It belongs to the latest beat with R <= t <= R + {REACH_MS} ms (R and t are t_ms of beats.csv
and ecg-208.csv). A V beat with an alarm is a hit, and its delay runs from R to its first alarm;
an N beat with an alarm is a false alarm; an alarm that belongs to no beat is a stray. U beats
(the width says neither) are listed, but are no hit and no false alarm. A beat is of the part that
holds its R, a stray of the part that holds its row."""


def rmse(forecast, mv, horizon, begin, end):
    """mV, over the forecasts made at rows from `begin` on for rows before `end`."""
    error = forecast[begin:end - horizon] - mv[begin + horizon:end].astype(np.float64)
    return float(np.sqrt(np.mean(error ** 2)))


def score(probability, threshold, t_ms, beats, begin_ms, end_ms):
    """Counts for begin_ms <= time < end_ms; probability and t_ms cover the whole recording."""
    above = probability > threshold
    starts = t_ms[above & ~np.concatenate([[False], above[:-1]])]
    peaks = np.array([r for r, _ in beats])
    first, strays = {}, 0                   # first: beat -> time of its first alarm
    for t in starts:
        owner = int(np.searchsorted(peaks, t, side="right")) - 1
        if owner >= 0 and t <= peaks[owner] + REACH_MS:
            first.setdefault(owner, t)
        else:
            strays += begin_ms <= t < end_ms
    part = [i for i, (r, _) in enumerate(beats) if begin_ms <= r < end_ms]
    of = {kind: [i for i in part if beats[i][1] == kind] for kind in "NVU"}
    flagged = {kind: [i for i in of[kind] if i in first] for kind in "NVU"}
    delays = [first[i] - peaks[i] for i in flagged["V"]]
    return {
        "hits": len(flagged["V"]), "ventricular": len(of["V"]),
        "falseAlarms": len(flagged["N"]), "normal": len(of["N"]),
        "unclearFlagged": len(flagged["U"]), "unclear": len(of["U"]),
        "strays": int(strays),
        "medianDelayMs": round(float(np.median(delays))) if delays else None,
    }


def choose_threshold(probability, t_ms, beats, end_ms):
    """Fewest misses + false alarms + strays before end_ms; of equally good ones the middle one."""
    def faults(threshold):
        s = score(probability, threshold, t_ms, beats, 0, end_ms)
        return s["ventricular"] - s["hits"] + s["falseAlarms"] + s["strays"]
    grid = [round(0.02 * k, 2) for k in range(1, 50)]
    scores = [faults(threshold) for threshold in grid]
    best = [threshold for threshold, n in zip(grid, scores) if n == min(scores)]
    return best[len(best) // 2]
