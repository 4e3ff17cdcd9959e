# rate.R SERIES FIRST OUT: watches each series of a CSV file, one a column, from period FIRST on, by the methods of R's surveillance with
# the parameters of `qingfeng detect`. OUT gets what each says of each period; the output is how many series a second of the
# processor each method watched, again and again for half a second at least.
suppressPackageStartupMessages(library(surveillance))
args <- commandArgs(TRUE)
counts <- as.matrix(read.csv(args[1], header = FALSE))
range <- as.integer(args[2]):nrow(counts)

ears <- function(method, alpha) function(s) earsC(s, list(range = range, method = method, baseline = 7, minSigma = 0, alpha = alpha))
methods <- list(
  "C1" = ears("C1", 0.001), "C2" = ears("C2", 0.001), "C3" = ears("C3", 0.025),
  "bayes" = function(s) bayes(s, list(range = range, b = 2, w = 3, actY = TRUE, alpha = 0.05)),
  "cusum" = function(s) cusum(s, list(range = range, k = 1.04, h = 2.26, m = NULL, trans = "standard", alpha = NULL)),
  "farrington" = function(s) farrington(s, list(range = range, b = 3, w = 3, reweight = TRUE, alpha = 0.05, trend = TRUE,
    limit54 = c(0, 4), powertrans = "2/3", verbose = FALSE)),
  "farringtonFlexible" = function(s) farringtonFlexible(s, list(range = range, b = 4, w = 3, reweight = TRUE,
    weightsThreshold = 2.58, noPeriods = 1, pastWeeksNotIncluded = 3, pThresholdTrend = 1, trend = TRUE, alpha = 0.01, limit54 = c(0, 4),
    thresholdMethod = "nbPlugin", verbose = FALSE)))

all <- lapply(seq_len(ncol(counts)), function(i) sts(observed = counts[, i], frequency = 12, start = c(2002, 1)))
spent <- function() sum(proc.time()[c("user.self", "sys.self")])
said <- NULL
for (name in names(methods)) {
  began <- spent()
  rounds <- 0
  while (spent() - began < 0.5) {
    results <- suppressWarnings(lapply(all, methods[[name]]))
    rounds <- rounds + 1
  }
  cat(name, rounds * length(all) / (spent() - began), "\n")
  for (i in seq_along(results)) {
    r <- results[[i]]
    said <- rbind(said, data.frame(name, i, range, c(upperbound(r)), as.integer(c(alarms(r)))))
  }
}
write.table(said, args[3], sep = ",", row.names = FALSE, col.names = FALSE, quote = FALSE, na = "")
