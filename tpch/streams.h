#pragma once

#include "tpch/random.h"

/// Seed and budget of each random column (dbgen's rnd.h). The order is that of the tables.
namespace cairn::tpch::streams {

inline constexpr Stream kTextPool = {933588178, 0};  // never aligned

inline constexpr Stream kPMfgr = {1, 1};
inline constexpr Stream kPBrand = {46831694, 1};
inline constexpr Stream kPType = {1841581359, 1};
inline constexpr Stream kPSize = {1193163244, 1};
inline constexpr Stream kPContainer = {727633698, 1};
inline constexpr Stream kPComment = {804159733, 2};
inline constexpr Stream kPName = {709314158, 92};

inline constexpr Stream kPsAvailqty = {1671059989, 4};
inline constexpr Stream kPsSupplycost = {1051288424, 4};
inline constexpr Stream kPsComment = {1961692154, 8};

inline constexpr Stream kOClerk = {1171034773, 1};
inline constexpr Stream kOComment = {276090261, 2};
inline constexpr Stream kOOrderdate = {1066728069, 1};
inline constexpr Stream kOOrderpriority = {591449447, 1};
inline constexpr Stream kOCustkey = {851767375, 1};
inline constexpr Stream kOLineCount = {1434868289, 1};

inline constexpr Stream kLQuantity = {209208115, 7};
inline constexpr Stream kLDiscount = {554590007, 7};
inline constexpr Stream kLTax = {721958466, 7};
inline constexpr Stream kLShipinstruct = {1371272478, 7};
inline constexpr Stream kLShipmode = {675466456, 7};
inline constexpr Stream kLPartkey = {1808217256, 7};
inline constexpr Stream kLSuppkey = {2095021727, 7};
inline constexpr Stream kLShipdate = {1769349045, 7};
inline constexpr Stream kLCommitdate = {904914315, 7};
inline constexpr Stream kLReceiptdate = {373135028, 7};
inline constexpr Stream kLReturnflag = {717419739, 7};
inline constexpr Stream kLComment = {1095462486, 14};

inline constexpr Stream kCAddress = {881155353, 9};
inline constexpr Stream kCNationkey = {1489529863, 1};
inline constexpr Stream kCPhone = {1521138112, 3};
inline constexpr Stream kCAcctbal = {298370230, 1};
inline constexpr Stream kCMktsegment = {1140279430, 1};
inline constexpr Stream kCComment = {1335826707, 2};

inline constexpr Stream kSAddress = {706178559, 9};
inline constexpr Stream kSNationkey = {110356601, 1};
inline constexpr Stream kSPhone = {884434366, 3};
inline constexpr Stream kSAcctbal = {962338209, 1};
inline constexpr Stream kSComment = {1341315363, 2};
inline constexpr Stream kSCommentNoise = {263032577, 1};
inline constexpr Stream kSCommentKind = {753643799, 1};
inline constexpr Stream kSCommentWhether = {202794285, 1};
inline constexpr Stream kSCommentOffset = {715851524, 1};

inline constexpr Stream kNComment = {606179079, 2};
inline constexpr Stream kRComment = {1500869201, 2};

}  // namespace cairn::tpch::streams
