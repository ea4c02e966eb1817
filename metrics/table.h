#pragma once

// Every metric of Sluice, declared once, by owner. README.md in this folder lists them; a test
// compares.
#include "metrics/admin_metrics.h"
#include "metrics/attribution_metrics.h"
#include "metrics/budget_metrics.h"
#include "metrics/network_metrics.h"
#include "metrics/process_metrics.h"
#include "metrics/trace_metrics.h"
#include "metrics/upstream_metrics.h"
#include "metrics/verdict_metrics.h"
#include "metrics/worker_metrics.h"
#include "metrics/zone_metrics.h"
